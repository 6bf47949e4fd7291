"""Who must have a second factor. Recovery codes alone are none: they stand in for one."""

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.db import transaction

from accounts import audit, roles
from accounts.models import User, Verb

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def is_missing(user: User) -> bool:
    """The site asks instructors for a second factor, and this one has none yet."""
    if not settings.REQUIRE_INSTRUCTOR_MFA:
        return False
    is_one_of_them = user.is_staff or user.is_superuser or roles.is_instructor(user)
    return is_one_of_them and not is_mfa_enabled(user, FACTORS)


@transaction.atomic
def reset(*, user: User, by: User) -> None:
    """Take passkeys, app and recovery codes from somebody who has lost them; the password opens the account again."""
    _, gone = Authenticator.objects.filter(user=user).delete()
    detail = {"removed": sum(gone.values())}
    audit.record(verb=Verb.SECOND_FACTOR_RESET, by=by, target="account", subject=user, detail=detail)
