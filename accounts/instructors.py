"""Instructors made from the command line: the first account of an installation."""

import secrets

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts import roles
from accounts.models import User


def create(*, email: str) -> str:
    """Make the person, or promote them, with every instructor role and a new password.

    The password is returned to be shown once; only its hash is stored. Whoever may run commands on the server has
    vouched for the address, so it counts as verified.
    """
    password = secrets.token_urlsafe(16)
    with transaction.atomic():
        user = User.objects.filter(email__iexact=email).first() or User.objects.create_user(email)
        user.set_password(password)
        user.save(update_fields=["password"])
        roles.make_instructor(user=user, roles=roles.ROLES)
        EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    return password
