"""Lines of the log about who proved who they are, who did not, and what opens an account from now on.

A person is a number, as in every line: no address, no name, nothing that was typed.
"""

import logging
from typing import Any

from allauth.account import signals as account_signals
from allauth.account.authentication import get_authentication_records
from allauth.mfa import signals as mfa_signals
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.dispatch import Signal
from django.http import HttpRequest

from accounts.models import User

logger = logging.getLogger(__name__)

CHANGES: dict[Signal, str] = {
    account_signals.password_set: "set a password",
    account_signals.password_changed: "changed the password",
    account_signals.password_reset: "set a new password by mail",
    account_signals.email_changed: "moved to another address",
    user_logged_out: "signed out",
}
FACTORS: dict[Signal, str] = {
    mfa_signals.authenticator_added: "added",
    mfa_signals.authenticator_removed: "removed",
    mfa_signals.authenticator_reset: "made anew",
}


def connect() -> None:
    account_signals.user_logged_in.connect(_signed_in, dispatch_uid="accounts.security_log")
    user_login_failed.connect(_failed, dispatch_uid="accounts.security_log")
    mfa_signals.authentication_failed.connect(_wrong_code, dispatch_uid="accounts.security_log")
    for signal in CHANGES:
        signal.connect(_changed, dispatch_uid="accounts.security_log")
    for signal in FACTORS:
        signal.connect(_factor_changed, dispatch_uid="accounts.security_log")


def _signed_in(*, request: HttpRequest, user: User, **kwargs: Any) -> None:
    ways = [str(record.get("type") or record["method"]) for record in get_authentication_records(request, user)]
    logger.info("Person %s signed in by %s.", user.pk, " and ".join(ways) or "sign-up")


def _failed(*, credentials: dict[str, Any], **kwargs: Any) -> None:
    typed = str(credentials.get("email") or credentials.get("username") or credentials.get("login") or "")
    person = User.objects.filter(email__iexact=typed).values_list("pk", flat=True).first()
    if person is None:
        logger.warning("A sign-in failed: nobody has that address.")
    else:
        logger.warning("A sign-in of person %s failed: not the password.", person)


def _wrong_code(*, user: User, **kwargs: Any) -> None:
    logger.warning("A sign-in of person %s failed: not the second factor.", user.pk)


def _changed(*, signal: Signal, user: User | None = None, **kwargs: Any) -> None:
    if user is not None:
        logger.info("Person %s %s.", user.pk, CHANGES[signal])


def _factor_changed(*, signal: Signal, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    logger.info("Person %s: %s %s.", user.pk, authenticator.type, FACTORS[signal])
