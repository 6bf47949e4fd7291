from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from exams import exam_forms, pools
from exams.assembly import BankTooSmall
from exams.models import ExamForm


class Command(BaseCommand):
    help = "Load the outline and the bank that come with the site, and freeze Form A. Running it again changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        fixtures = settings.BASE_DIR / "fixtures"
        call_command("load_outline", *sorted((fixtures / "outlines").glob("*.yaml")), stdout=self.stdout)
        try:
            call_command("import_bank", fixtures / "bank", stdout=self.stdout, stderr=self.stderr)
        except CommandError as error:
            # The site runs on what it holds; what a person wrote here is not covered by a newer file.
            self.stderr.write(f"The bank was left as it is: {error}")
        if not ExamForm.objects.published().exists():
            try:
                self.stdout.write(f"Published {exam_forms.publish_next(now=timezone.now())}")
            except BankTooSmall as error:
                self.stderr.write(f"No form was published, the bank is too small: {pools.in_words(error)}.")
