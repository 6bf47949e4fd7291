"""A sitting: the attempt row is the mutex, exams.attempts is its only writer."""

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import connection, models
from django.db.models import F, Q

from accounts.models import User
from exams.models.exam_form import ExamForm, FormItem


class AttemptStatus(models.TextChoices):
    OPEN = "open"
    FINISHED = "finished"
    ABANDONED = "abandoned"


class Mode(models.TextChoices):
    MOCK = "mock"


class Ending(models.TextChoices):
    SUBMITTED = "submitted"
    TIME_UP = "time_up"
    ABANDONED = "abandoned"


def save_grace() -> timedelta:
    return timedelta(seconds=settings.SAVE_GRACE_SECONDS)


# Sweeps and gauges look through so many, so that a look costs the same however many there ever were.
NEWEST = 20_000


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def of(self, user: User) -> "AttemptQuerySet":
        return self.filter(user=user)

    def open(self) -> "AttemptQuerySet":
        return self.filter(status=AttemptStatus.OPEN)

    def ended(self) -> "AttemptQuerySet":
        return self.exclude(status=AttemptStatus.OPEN)

    def finished(self) -> "AttemptQuerySet":
        return self.filter(status=AttemptStatus.FINISHED)

    def overdue(self, now: datetime) -> "AttemptQuerySet":
        """See also Attempt.is_overdue."""
        return self.open().filter(deadline_at__lte=now - save_grace())

    def unscored(self) -> "AttemptQuerySet":
        return self.finished().filter(score__isnull=True)

    def newest(self) -> "AttemptQuerySet":
        """Those among the last that began."""
        newest = Attempt.objects.aggregate(newest=models.Max("pk"))["newest"] or 0
        return self.filter(pk__gt=newest - NEWEST)


class Attempt(models.Model):
    """One person's sitting of one form against a deadline that only the server sets."""

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="attempts")
    exam_form = models.ForeignKey(ExamForm, on_delete=models.RESTRICT, related_name="attempts")
    mode = models.CharField(max_length=8, choices=Mode.choices, default=Mode.MOCK)
    status = models.CharField(max_length=10, choices=AttemptStatus.choices, default=AttemptStatus.OPEN)
    started_at = models.DateTimeField()
    granted_deadline_at = models.DateTimeField(help_text="As computed at the start; the deadline never falls below.")
    deadline_at = models.DateTimeField()
    extra_time_percent = models.PositiveSmallIntegerField(default=0, help_text="The person's, as granted so far.")
    break_seconds = models.PositiveIntegerField(default=0, help_text="What is left of the breaks that were granted.")
    break_ends_at = models.DateTimeField(
        null=True, blank=True, help_text="While a break runs, the moment at which it would be used up."
    )
    finished_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=10, choices=Ending.choices, blank=True)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at"]
        # In no role: for superusers and whoever is given it.
        permissions = [("view_health", "Can see whether all is well with the site")]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(status="open", mode="mock"), name="attempt_one_open_mock_per_user"
            ),
            models.CheckConstraint(
                condition=Q(deadline_at__gte=F("granted_deadline_at")), name="attempt_deadline_never_shortened"
            ),
            models.CheckConstraint(
                condition=Q(granted_deadline_at__gt=F("started_at")), name="attempt_deadline_after_start"
            ),
            models.CheckConstraint(
                condition=Q(break_ends_at__isnull=True) | Q(break_ends_at__lt=F("deadline_at")),
                name="attempt_break_ends_before_deadline",
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(finished_at__lte=F("deadline_at")),
                name="attempt_finished_by_deadline",
            ),
            models.CheckConstraint(
                condition=Q(status="open", finished_at__isnull=True, ending="")
                | (Q(status__in=["finished", "abandoned"], finished_at__isnull=False) & ~Q(ending="")),
                name="attempt_ended_has_time_and_ending",
            ),
        ]
        indexes = [
            # The sweep looks every five seconds for open attempts past their deadline.
            models.Index(fields=["deadline_at"], condition=Q(status="open"), name="attempt_open_deadline"),
        ]

    def __str__(self) -> str:
        return f"{self.exam_form} by {self.user}"

    @property
    def is_open(self) -> bool:
        return self.status == AttemptStatus.OPEN

    @property
    def is_finished(self) -> bool:
        return self.status == AttemptStatus.FINISHED

    @property
    def closes_at(self) -> datetime:
        """The first moment at which a save is refused and the attempt is overdue."""
        return self.deadline_at + save_grace()

    def is_overdue(self, now: datetime) -> bool:
        """See also AttemptQuerySet.overdue."""
        return self.is_open and now >= self.closes_at

    def is_on_break(self, now: datetime) -> bool:
        return self.is_open and self.break_ends_at is not None and now < self.break_ends_at

    def seconds_left(self, now: datetime) -> float:
        """Of the exam; the clock stands still during a break."""
        if not self.is_open:
            return 0.0
        since = max(now, self.break_ends_at) if self.break_ends_at else now
        return max(0.0, (self.deadline_at - since).total_seconds())


class Responses(models.Manager["Response"]):
    def lay_out(self, attempt: Attempt) -> None:
        """One for each item of the attempt's form, untouched, without sending rows there and back: at the common start
        of a class they were most of the work.
        """
        untouched = {
            str(field.column): models.Value(field.get_default(), output_field=field)
            for field in self.model._meta.concrete_fields
            if not (field.null or field.primary_key or field.is_relation or field.name == "position")
        }
        rows = FormItem.objects.filter(exam_form=attempt.exam_form_id).order_by()
        query = rows.values_list(models.Value(attempt.pk), "pk", "position", *untouched.values()).query
        columns = ", ".join(["attempt_id", "form_item_id", "position", *untouched])
        select, parameters = query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {self.model._meta.db_table} ({columns}) {select}", parameters)


class Response(models.Model):
    """One item of an attempt as it stands: there from the start, changed by compare-and-set on `revision`."""

    # Found by the unique key that begins with it.
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="responses", db_index=False)
    form_item = models.ForeignKey(FormItem, on_delete=models.RESTRICT, related_name="+")
    position = models.PositiveSmallIntegerField(help_text="The form item's position, kept here for the save.")
    chosen = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Displayed place of the option, from 1.")
    flagged = models.BooleanField(default=False)
    struck = models.CharField(max_length=8, blank=True, help_text="Displayed places that were struck out, such as 24.")
    note = models.TextField(blank=True, help_text="The candidate's note to themselves; nobody else is shown it.")
    highlights = models.JSONField(default=list, blank=True, help_text="exams.item_state: list of [part, start, end].")
    revision = models.PositiveIntegerField(default=0)
    last_op_id = models.UUIDField(null=True, blank=True)
    first_seen_at = models.DateTimeField(null=True, blank=True)
    last_seen_at = models.DateTimeField(null=True, blank=True, help_text="When the open page last said it shows this.")
    visible_ms = models.PositiveIntegerField(default=0, help_text="As the browser says; shown, never believed.")
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = Responses()

    class Meta:
        ordering = ["attempt", "position"]
        constraints = [
            models.UniqueConstraint(fields=["attempt", "position"], name="response_position_unique"),
            models.CheckConstraint(
                condition=Q(chosen__isnull=True) | Q(chosen__gte=1, chosen__lte=8), name="response_chosen_1_to_8"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attempt} item {self.position}"


class EventKind(models.TextChoices):
    STARTED = "started"
    SAVED = "saved"
    RESUMED = "resumed"
    EXTENDED = "extended"
    BREAK_BEGUN = "break"
    BREAK_OVER = "break_over"
    SUBMITTED = "submitted"
    TIME_UP = "time_up"
    ABANDONED = "abandoned"


class AttemptEvent(models.Model):
    """The append-only ledger of an attempt; `sequence` counts from 1 without gaps."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="events", db_index=False)
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=EventKind.choices)
    at = models.DateTimeField()
    position = models.PositiveSmallIntegerField(null=True)
    op_id = models.UUIDField(null=True)
    revision = models.PositiveIntegerField(null=True)
    chosen = models.PositiveSmallIntegerField(null=True)
    flagged = models.BooleanField(null=True)
    struck = models.CharField(max_length=8, blank=True)
    late_ms = models.PositiveIntegerField(default=0, help_text="How long after the deadline it was accepted.")

    append_only: ClassVar = (
        "attempt", "sequence", "kind", "at", "position", "op_id", "revision", "chosen", "flagged", "struck", "late_ms",
    )  # fmt: skip

    class Meta:
        ordering = ["attempt", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["attempt", "sequence"], name="attempt_event_sequence_unique"),
            # One ledger line for each state a response has been in.
            models.UniqueConstraint(fields=["attempt", "position", "revision"], name="attempt_event_revision_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.attempt} {self.kind} {self.at}"


class LateAnswer(models.Model):
    """A choice that came by hand after the end: shown beside the report, never scored."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="late_answers")
    position = models.PositiveSmallIntegerField()
    chosen = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    append_only: ClassVar = ("attempt", "position", "chosen", "at")

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["attempt", "position"], name="late_answer_position_unique")]

    def __str__(self) -> str:
        return f"{self.attempt} item {self.position}, too late"


class Extension(models.Model):
    """Time that somebody granted to a running attempt, and why: the deadline's history for people."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="extensions")
    seconds = models.PositiveIntegerField()
    reason = models.CharField(max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    append_only: ClassVar = ("attempt", "seconds", "reason", "at")
    append_only_people: ClassVar = ("by",)

    class Meta:
        ordering = ["at"]
        constraints = [
            models.CheckConstraint(condition=Q(seconds__gt=0), name="extension_adds_time"),
            models.CheckConstraint(condition=~Q(reason=""), name="extension_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.attempt} +{self.seconds} s"
