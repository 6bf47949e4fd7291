from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import User
from exams.privacy import erasing


class Command(BaseCommand):
    help = "Delete a person's account and all that is theirs, as they can do themselves under Privacy."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"Nobody has the address {email}; nothing was changed.")
        erasing.erase(user=user, now=timezone.now())
        self.stdout.write("The account and all that was theirs is deleted.")
