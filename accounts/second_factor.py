"""Who must have a second factor. Recovery codes alone are none: they stand in for one."""

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings

from accounts import roles
from accounts.models import User

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def is_missing(user: User) -> bool:
    """The site asks instructors for a second factor, and this one has none yet."""
    if not settings.REQUIRE_INSTRUCTOR_MFA:
        return False
    is_one_of_them = user.is_staff or user.is_superuser or roles.is_instructor(user)
    return is_one_of_them and not is_mfa_enabled(user, FACTORS)
