"""`manage.py create_instructor EMAIL`: the first account of an installation, or an instructor's new password."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from accounts import instructors


class Command(BaseCommand):
    help = "Makes or promotes a person with every instructor role, sets a new password and prints it once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"{email!r} is no e-mail address.") from error
        password = instructors.create(email=email)
        self.stdout.write(f"{email} is an instructor with password {password}  (shown only now)")
