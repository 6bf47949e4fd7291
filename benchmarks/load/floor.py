"""The least that any save could be: the same session, user and CSRF check, and one durable write of one row."""

from typing import cast

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path
from django.views.decorators.http import require_POST

from accounts.models import User

TABLE = "CREATE TABLE benchmark_floor (id bigint PRIMARY KEY, n integer NOT NULL)"
ROW = "INSERT INTO benchmark_floor VALUES (%s, 0)"
WRITE = "UPDATE benchmark_floor SET n = %s WHERE id = %s"


@require_POST
def floor(request: HttpRequest) -> HttpResponse:
    user = cast("User", request.user)
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [int(request.POST["n"]), user.pk])
        return JsonResponse({"written": cursor.rowcount})


urlpatterns = [path("floor/", floor), path("", include("ciip_site.urls"))]
