"""Somebody who stands in every table that leads to a person, under words that nobody else would write."""

from datetime import date, timedelta

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models

from accounts import audit, invitations, mailing
from accounts.models import MailKind, SentMail, User, Verb
from exams import attempts, planning
from exams.models import (
    Appointment,
    Attempt,
    Cohort,
    CommentReport,
    CredentialRecord,
    CreditEntry,
    Duty,
    Extension,
    FormBuild,
    GivenUpForm,
    GroupComment,
    GroupExam,
    LateAnswer,
    PracticeItem,
    RealAttempt,
    Regrade,
    RegradedScore,
    ReportFile,
    Survey,
    Triage,
)
from exams.practice import review
from exams.tasks import score_attempt
from questions.models import BankImport, FaultReport, ItemTransition, ItemVersion, ReviewComment
from tests.factories import (
    NOW,
    PASSWORD,
    answer_all,
    join_group,
    make_bank,
    make_forecast,
    make_group,
    make_progress_link,
    make_user,
    publish_form_a,
    save,
    start,
)

EMAIL, NAME, WORDS = "zuleika.quux@example.org", "Zuleika Quux", "xylograph"
LATER = NOW + timedelta(hours=4)


def words(what: str) -> str:
    """Text that nobody else would write, told apart by where it stands."""
    return f"{WORDS} in {what}"


def make_person() -> User:
    # A number that no other row has, so that it can be searched for.
    user = User.objects.create_user(EMAIL, PASSWORD, name=NAME, pk=771177)
    address = EmailAddress.objects.create(user=user, email=EMAIL, verified=True, primary=True)
    EmailConfirmation.objects.create(email_address=address, key=words("key"), created=NOW)
    return user


def sit(user: User) -> Attempt:
    """A finished mock with everything that can hang on one."""
    attempt = start(user)
    answer_all(attempt, right=12)
    save(attempt, 1, base=1, chosen=2, note=words("note"))
    attempts.submit(user=user, public_id=attempt.public_id, now=NOW + timedelta(hours=2))
    attempt.refresh_from_db()
    score_attempt(attempt.pk)
    response = attempt.responses.order_by("position")[1]
    Triage.objects.create(response=response, reason="guess", at=LATER)
    LateAnswer.objects.create(attempt=attempt, position=1, chosen=1, at=LATER)
    Extension.objects.create(attempt=attempt, seconds=60, reason="Noise.", at=NOW)
    appointment = Appointment.objects.create(user=user, attempt=attempt, block="over", started_at=NOW)
    Survey.objects.create(appointment=appointment, comment=words("survey"), at=LATER)
    return attempt


def study(user: User) -> None:
    make_forecast(user, at=NOW)
    session = user.practice_sessions.get()
    version = ItemVersion.objects.order_by("pk")[0]
    PracticeItem.objects.create(session=session, position=1, item=version.item, version=version, option_order="1234")
    review.rate(user=user, item=version.item, key_text="x", is_right=True, confidence=None, now=NOW)
    planning.make(user=user, exam_on=NOW.date() + timedelta(days=40), hours_per_week=6, now=NOW)
    CredentialRecord.objects.create(user=user)
    RealAttempt.objects.create(user=user, on=date(2026, 5, 1), result="passed")
    CreditEntry.objects.create(user=user, on=date(2026, 6, 1), title=words("credits"), credits=1)
    Duty.objects.create(user=user, text=words("duty"))
    mailing.choose(user=user, kinds=[MailKind.REVIEW_DUE], now=NOW)
    SentMail.objects.create(user=user, kind=MailKind.REVIEW_DUE, period="2026-11-02", at=NOW)


def work(user: User, attempt: Attempt) -> None:
    """What an instructor leaves in the workshop, and one trace of each in the admin's log."""
    version = ItemVersion.objects.order_by("pk")[0]
    mended = ItemVersion.objects.create(
        item=version.item, number=2, task=version.task, stem=words("stem"), cognitive="recall", references=[],
        author=user, created_at=NOW, digest="d" * 64,
    )  # fmt: skip
    ItemTransition.objects.create(item=version.item, to_status="draft", by=user, reason=words("reason"), at=NOW)
    ReviewComment.objects.create(version=version, by=user, text=words("comment"), at=NOW)
    FaultReport.objects.create(version=version, reporter=user, message=words("fault"), created_at=NOW)
    regrade = Regrade.objects.create(version=version, mended=mended, reason=words("regrade"), by=user, at=NOW)
    RegradedScore.objects.create(
        regrade=regrade, attempt=attempt, raw_before=1, raw_after=1, scaled_before=1, scaled_after=1, at=NOW
    )
    FormBuild.objects.create(by=user, frozen_by=user, asked_at=NOW, wish={"says": words("wish")}, heard_at=NOW)
    BankImport.objects.create(
        by=user, created_at=NOW, file_name=words("file"), format="yaml", cognitive="recall", content=WORDS.encode()
    )
    cohort = Cohort.objects.create(name="Winter")
    cohort.members.add(user)
    cohort.instructors.add(user)
    other = make_user("someone")
    others = start(other, now=NOW - timedelta(days=1))
    Extension.objects.create(attempt=others, seconds=60, reason=words("extension"), by=user, at=NOW)
    note(user, user)
    note(other, user)
    note(other, attempt)
    note(other, EmailAddress.objects.get(user=user))


def meet(user: User) -> None:
    """Groups: one that goes on, one that nobody else is in; what was said there, links, doors and the record."""
    other = User.objects.get(email="someone@example.org")
    group = make_group(user)
    join_group(group, other)
    make_group(user, name=words("group"))
    exam = GroupExam.objects.create(
        group=group, exam_form=user.given_up_forms.get().exam_form, opens_at=NOW, closes_at=LATER
    )
    comment = GroupComment.objects.create(exam=exam, author=user, text=words("comment"), at=NOW)
    theirs = GroupComment.objects.create(exam=exam, author=other, text="Hm.", at=NOW)
    CommentReport.objects.create(comment=comment, by=other, reason="Rude.", at=NOW)
    CommentReport.objects.create(comment=theirs, by=user, reason=words("report"), at=NOW)
    invitations.make_link(group=group, by=user, days=3, uses=1, now=NOW)
    invitations.invite(group=make_group(other, name="Other"), by=other, email=EMAIL, now=NOW)
    make_progress_link(user)
    audit.record(verb=Verb.EXTRA_TIME_CHANGED, by=other, target="account", subject=user)
    audit.record(verb=Verb.EXTRA_TIME_CHANGED, by=user, target="account", subject=other)
    Authenticator.objects.create(user=user, type="totp", data={"secret": words("secret")})
    UserSession.objects.create(user=user, ip="192.0.2.1", session_key="s" * 32, user_agent=words("browser"))
    ReportFile.objects.create(attempt=user.attempts.finished().get(), asked_at=NOW)


def note(by: User, row: models.Model) -> None:
    LogEntry.objects.create(
        user=by, content_type=ContentType.objects.get_for_model(row), object_id=str(row.pk), object_repr=str(row),
        action_flag=2, change_message="[]",
    )  # fmt: skip


def make_zuleika() -> User:
    """An instructor who has done everything, and sits an exam just now."""
    make_bank(forms=3)
    form = publish_form_a()
    user = make_person()
    attempt = sit(user)
    study(user)
    GivenUpForm.objects.create(user=user, exam_form=form, at=NOW)
    work(user, attempt)
    meet(user)
    start(user, now=NOW + timedelta(days=1))
    return user
