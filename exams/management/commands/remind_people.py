from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from exams import reminders


class Command(BaseCommand):
    help = "Send the mails that people asked for and that are due this hour: what beat does each hour."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        sent = 0
        for reminder in reminders.waiting(now=now):
            try:
                sent += reminders.send(reminder=reminder, now=now)
            # What smtplib raises is one of these; the next run tries again.
            except OSError as error:
                self.stderr.write(f"{reminder.kind} to person {reminder.user_id} was not sent: {error}")
        self.stdout.write(f"{sent} sent")
