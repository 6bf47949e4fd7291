from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from exams import exam_forms, pools
from exams.assembly import BankTooSmall
from exams.models import ExamForm

# The rest of the bank stays free for personal forms.
PUBLISHED_FORMS = 2


class Command(BaseCommand):
    help = "Load the outline and the bank that come with the site, and freeze Forms A and B. Again changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        fixtures = settings.BASE_DIR / "fixtures"
        call_command("load_outline", *sorted((fixtures / "outlines").glob("*.yaml")), stdout=self.stdout)
        try:
            call_command("import_bank", fixtures / "bank", stdout=self.stdout, stderr=self.stderr)
        except CommandError as error:
            # The site runs on what it holds; what a person wrote here is not covered by a newer file.
            self.stderr.write(f"The bank was left as it is: {error}")
        try:
            while ExamForm.objects.published().count() < PUBLISHED_FORMS:
                self.stdout.write(f"Published {exam_forms.publish_next(now=timezone.now())}")
        except BankTooSmall as error:
            self.stderr.write(f"No more form was published, the bank is too small: {pools.in_words(error)}.")
