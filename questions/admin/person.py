from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.models import User


def person(request: HttpRequest) -> User:
    """Who signs what is done here."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
