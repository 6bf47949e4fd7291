"""Who may open what: an attempt its owner, the workshop its staff; to everybody else they do not exist."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, TypeVar, cast

from allauth.account.decorators import reauthentication_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django_htmx.middleware import HtmxDetails

from accounts.models import User
from exams.models import Attempt


class SignedInRequest(HttpRequest):
    """A request behind login_required or signed_in_or_401."""

    user: User
    htmx: HtmxDetails
    # What became of a save, for whoever measures; set by the views that save.
    outcome: str


class _FetchView(Protocol):
    def __call__(self, request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse: ...


WORKSHOP = "questions.view_item"
View = TypeVar("View", bound=Callable[..., Any])


def with_password(view: View) -> View:
    """Who is signed in proves once more that it is them, unless they did some minutes ago."""
    return cast(View, reauthentication_required(view))


def with_password_to_post(view: View) -> View:
    """The same, for a page that anybody signed in may look at."""
    return cast(View, reauthentication_required(view, allow_get=True))


def must_work_here(request: SignedInRequest) -> None:
    """To others than those who work in it the workshop does not exist."""
    if not (request.user.is_staff and request.user.has_perm(WORKSHOP)):
        raise Http404


def own_attempts(user: User, public_id: uuid.UUID) -> QuerySet[Attempt]:
    """The person's attempt, or none."""
    return (
        Attempt.objects.of(user).filter(public_id=public_id).select_related("exam_form__outline", "user", "appointment")
    )


def own_attempt(user: User, public_id: uuid.UUID) -> Attempt:
    """The person's attempt; 404 for a stranger's and for none."""
    return get_object_or_404(own_attempts(user, public_id))


def signed_in_or_401(view: _FetchView) -> Callable[[HttpRequest, uuid.UUID], HttpResponse]:
    """For fetch: a lapsed session is told in a word that the page understands, never by a redirect."""

    @wraps(view)
    def wrapped(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
        if isinstance(request.user, User):
            return view(cast(SignedInRequest, request), public_id)
        body = {
            "result": "signed_out",
            "message": "You are signed out. Your answers are kept in this browser; sign in to send them.",
            "sign_in_url": reverse("account_login"),
        }
        return JsonResponse(body, status=401)

    return wrapped
