from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from exams import exam_forms, pools
from exams.assembly import BankTooSmall
from exams.pools import NoOutline


class Command(BaseCommand):
    help = "Freeze the next published form (Form A, Form B …) for everybody, from items that no published form holds."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(f"Published {exam_forms.publish_next(now=timezone.now())}")
        except BankTooSmall as error:
            raise CommandError(f"The bank is too small: {pools.in_words(error)}.") from error
        except NoOutline as error:
            raise CommandError(str(error)) from error
