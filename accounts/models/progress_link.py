"""Links by which people show their progress: written by accounts.progress_links alone."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models.user import User


class ProgressLinkQuerySet(models.QuerySet["ProgressLink"]):
    def of(self, user: User) -> "ProgressLinkQuerySet":
        return self.filter(user=user)

    def open(self, now: datetime) -> "ProgressLinkQuerySet":
        """Those that lead somewhere. In one statement, so that ended ones take as long as ones that never were."""
        return self.filter(expires_at__gt=now, revoked_at=None, user__is_active=True)


class ProgressLink(models.Model):
    """A secret address at which a person shows, without an account, what they chose of their progress.

    Only the digest of the address's token is kept, and only a hash of the passphrase; empty asks for none.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="progress_links")
    digest = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256 of the address's token.")
    shows_readiness = models.BooleanField("where a fresh form would end", default=False)
    shows_domains = models.BooleanField("the ten domains", default=False)
    shows_trend = models.BooleanField("results of my mocks", default=False)
    shows_streak = models.BooleanField("days I practised", default=False)
    shows_plan = models.BooleanField("this week of my plan", default=False)
    shows_name = models.BooleanField("my name", default=False)
    passphrase = models.CharField(max_length=128, blank=True, editable=False, help_text="As Django keeps passwords.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    use_count = models.PositiveIntegerField(default=0)

    objects = ProgressLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(shows_readiness=True)
                | Q(shows_domains=True)
                | Q(shows_trend=True)
                | Q(shows_streak=True)
                | Q(shows_plan=True),
                name="progress_link_shows_something",
                violation_error_message="Nothing is ticked, so the link would show nothing. Tick at least one thing.",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="progress_link_expires_later"),
            models.CheckConstraint(
                condition=Q(use_count=0, last_used_at=None) | Q(use_count__gt=0, last_used_at__isnull=False),
                name="progress_link_use_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, until {self.expires_at:%Y-%m-%d}"

    @property
    def name(self) -> str:
        """The person's name where they chose to show it. Never an e-mail address, whatever they call themselves."""
        name = " ".join(self.user.name.split()) if self.shows_name else ""
        return "" if "@" in name else name

    @property
    def shown(self) -> list[str]:
        """What it shows, in words for the person who made it."""
        fields = ("shows_readiness", "shows_domains", "shows_trend", "shows_streak", "shows_plan")
        return [str(self._meta.get_field(name).verbose_name) for name in fields if getattr(self, name)]  # type: ignore[union-attr]
