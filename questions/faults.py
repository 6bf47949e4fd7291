"""Faults that candidates report on reviewed items."""

from datetime import datetime

from accounts.models import User
from questions.models import FaultReport, ItemVersion


def report(*, version: ItemVersion, by: User, message: str, now: datetime) -> FaultReport:
    return FaultReport.objects.create(version=version, reporter=by, message=message, created_at=now)
