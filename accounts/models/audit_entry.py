"""The record of deeds that somebody did by virtue of a right."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone


class Verb(models.TextChoices):
    ROLES_CHANGED = "roles_changed", "changed roles or rights"
    EXTRA_TIME_CHANGED = "extra_time_changed", "changed extra time or breaks"
    TIME_EXTENDED = "time_extended", "granted more time in an exam"
    REGRADED = "regraded", "regraded an item"
    COHORT_EXPORTED = "cohort_exported", "exported a cohort's results"
    BANK_EXPORTED = "bank_exported", "exported the item bank"
    RESULT_VIEWED = "result_viewed", "viewed a candidate's result"
    SIGNED_OUT = "signed_out", "signed somebody out everywhere"
    SECOND_FACTOR_RESET = "second_factor_reset", "reset a second factor"
    PASSWORD_SET = "password_set", "set somebody's password"


class AuditEntry(models.Model):
    """What somebody did by virtue of a right; written by accounts.audit alone, and never altered.

    Holds no token, no answer and no name: whom it is about is the subject, who did it the actor. Both are forgotten
    with their accounts. An actor of none is the command line or somebody who is gone.
    """

    # The moment of writing, which is within the transaction of the deed.
    at = models.DateTimeField(default=timezone.now)
    verb = models.CharField("deed", max_length=20, choices=Verb.choices)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="deeds")
    subject = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="deeds_upon"
    )
    target = models.CharField(max_length=200, help_text="Such as: attempt 6f1c…, cohort 12, item IM-0042.")
    detail = models.JSONField(default=dict)
    day = models.DateField(null=True, help_text="For what is recorded only once a day.")

    append_only: ClassVar = ("at", "verb", "target", "detail", "day")
    append_only_people: ClassVar = ("actor", "subject")

    class Meta:
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["-at"], name="audit_by_time")]
        constraints = [
            models.CheckConstraint(condition=models.Q(verb__in=Verb.values), name="audit_verb_known"),
            # Rows without a day are never alike: a null is distinct from every other.
            models.UniqueConstraint(fields=["actor", "verb", "target", "day"], name="audit_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.get_verb_display()}: {self.target}"
