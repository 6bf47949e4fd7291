"""Taking a person out of the database and off the disk; what stays is the bank's and says no name."""

from datetime import datetime
from functools import partial
from importlib import import_module

from allauth.account.models import EmailAddress
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models import Q

from accounts import groups
from accounts.models import ProgressLink, User
from exams import answer_counts, progress_cards, scoring
from exams.models import Attempt, PersonalExport
from exams.privacy import exports
from exams.privacy.tables import tables
from questions.models import FaultReport

# What somebody did for the site or for others; it stays, and nobody is named in it any more.
KEPT = {
    "accounts.auditentry": "the record of what was done by virtue of a right, such as time granted in an exam",
    "accounts.studygroup": "study groups that others go on with",
    "questions.itemversion": "questions that you wrote, which belong to the bank and its licence",
    "questions.itemtransition": "which question was moved when and why",
    "questions.reviewcomment": "remarks on questions, which others have answered",
    "exams.regrade": "which key was mended, and why",
    "exams.extension": "minutes that you granted to somebody else, with the reason",
    "exams.formbuild": "wishes for forms that were built",
    "exams.cohort": "cohorts that you were in, without you",
}


def erase(*, user: User, now: datetime) -> None:
    """Delete the person and everything that is theirs.

    1. Finished exams are scored and counted, so that the item statistics keep them as sums.
    2. The person is locked, and parted from study groups: those that they own are handed over, or closed. Their exams
       are locked as well: one that goes on in another tab would write to what is being deleted.
    3. What no cascade reaches goes first: other people's invitations to their addresses, reports of faults in their
       words, what the admin noted about them, their sessions.
    4. The account goes, and with it all that it owns; what they did for others loses their name.
    5. When that is certain, the file of their export goes, and what the cache holds of their progress links.
    """
    _count(user, now)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        groups.release(user=user)
        list(Attempt.objects.of(user).select_for_update().order_by("pk").values_list("pk"))
        _delete_by_address(user)
        FaultReport.objects.filter(reporter=user).delete()
        _delete_admin_notes(user)
        _end_sessions(user)
        for export in PersonalExport.objects.filter(user=user):
            exports.discard(export)
        for link in ProgressLink.objects.filter(user=user):
            transaction.on_commit(partial(progress_cards.forget, link))
        User.objects.get(pk=user.pk).delete()


def _count(user: User, now: datetime) -> None:
    for attempt in Attempt.objects.of(user).unscored():
        scoring.ensure_scored(attempt=attempt, now=now)
    for attempt in Attempt.objects.of(user).filter(score__is_counted=None, score__isnull=False):
        answer_counts.count(attempt=attempt)


def _delete_by_address(user: User) -> None:
    addresses = {user.email, *EmailAddress.objects.filter(user=user).values_list("email", flat=True)}
    for model in apps.get_models():
        for field in model._meta.fields:
            if isinstance(field, models.EmailField) and model not in (User, EmailAddress):
                matches = Q()
                for address in addresses:
                    matches |= Q(**{f"{field.name}__iexact": address})
                model._default_manager.filter(matches).delete()


def _delete_admin_notes(user: User) -> None:
    """The admin's log calls rows by what they print as, and most of a person's print their name."""
    for table in tables():
        for lookup in table.owned_by:
            ids = table.model._default_manager.filter(**{lookup: user.pk}).values_list("pk", flat=True)
            content_type = ContentType.objects.get_for_model(table.model)
            notes = LogEntry.objects.filter(content_type=content_type)
            if notes.exists():
                notes.filter(object_id__in=[str(pk) for pk in ids]).delete()


def _end_sessions(user: User) -> None:
    """A session names its person only inside of what it holds, so all of them are opened."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for session in Session.objects.iterator(chunk_size=500):
        if session.get_decoded().get(SESSION_KEY) == str(user.pk):
            store(session.session_key).delete()
