from functools import cache
from typing import Any

from django.http import HttpRequest

from exams.models import Attempt


def open_mock(request: HttpRequest) -> dict[str, Any]:
    """`open_mock` for the banner: the signed-in person's unfinished mock, looked up only where a page asks."""

    def find() -> Attempt | None:
        if not request.user.is_authenticated:
            return None
        return Attempt.objects.of(request.user).open().select_related("exam_form").first()

    return {"open_mock": cache(find)}
