"""Mails of this site: who wants which, who wants none, and what was sent. Written by accounts.mailing alone."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class MailKind(models.TextChoices):
    INVITATION = "invitation", "Somebody invites me into a study group"
    REVIEW_DUE = "review_due", "Items are due for review: in the morning, at most once a day"
    PLAN_OF_THE_WEEK = "plan_of_the_week", "My plan of the week: on Monday morning"
    EXAM_TOMORROW = "exam_tomorrow", "My exam is tomorrow: on the morning before"
    GROUP_FORM_OPENS = "group_form_opens", "A study group of mine can begin a form"
    ACCOUNT_ENDS = "account_ends", "My account is about to be deleted"


# Somebody else has it sent, to an address that may have no account: welcome until refused.
WELCOME = (MailKind.INVITATION,)
# What nobody may miss, and so nobody can refuse.
NOTICES = (MailKind.ACCOUNT_ENDS,)


class MailChoice(models.Model):
    """One kind of mail that a person asked for. Without it they get none of that kind."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mail_choices")
    kind = models.CharField(max_length=20, choices=MailKind.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="mail_choice_once"),
            models.CheckConstraint(
                condition=Q(kind__in=MailKind.values) & ~Q(kind__in=(*WELCOME, *NOTICES)), name="mail_choice_is_free"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.kind}"


class MailRefusal(models.Model):
    """An address that gets no more mail of a kind. Only a keyed digest of it is kept: it may have no account."""

    digest = models.CharField(max_length=64, help_text="accounts.mailing.digests_of")
    kind = models.CharField(max_length=20, choices=MailKind.choices)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["digest", "kind"], name="mail_refusal_once"),
            models.CheckConstraint(
                condition=Q(kind__in=MailKind.values) & ~Q(kind__in=NOTICES), name="mail_refusal_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.digest[:12]}: no {self.kind}"


class SentMail(models.Model):
    """A mail that a person has had for one period, such as a day: there is never a second."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sent_mails")
    kind = models.CharField(max_length=20, choices=MailKind.choices)
    period = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "period"], name="sent_mail_once"),
            models.CheckConstraint(condition=Q(kind__in=MailKind.values), name="sent_mail_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.user} for {self.period}"
