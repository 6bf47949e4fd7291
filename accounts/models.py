"""People: who signs in, in which role and with which accommodation; and the links by which they show their progress."""

from datetime import datetime, tzinfo
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

MOST_EXTRA_TIME_PERCENT = 300
MOST_BREAK_MINUTES = 120


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class TextSize(models.TextChoices):
    NORMAL = "normal", "Normal"
    LARGE = "large", "Large"
    LARGEST = "largest", "Largest"


class User(AbstractBaseUser, PermissionsMixin):
    """One person. Candidates are in no group; a person in any of accounts.roles.ROLES is an instructor."""

    email = models.EmailField("e-mail address", unique=True)
    name = models.CharField(max_length=150, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    extra_time_percent = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(MOST_EXTRA_TIME_PERCENT)],
        help_text="Added to the exam's minutes. More reaches a running exam within a minute; less never does.",
    )
    break_minutes = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(MOST_BREAK_MINUTES)],
        help_text="Breaks of this length altogether stop the clock of an exam that starts from now on.",
    )
    text_size = models.CharField(max_length=7, choices=TextSize.choices, default=TextSize.NORMAL)
    high_contrast = models.BooleanField(default=False)
    reduced_motion = models.BooleanField("no motion", default=False)
    terms_accepted_at = models.DateTimeField(null=True, blank=True, editable=False)
    is_staff = models.BooleanField("may enter the admin", default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["email"]
        constraints = [
            # Two spellings of one address must not become two people.
            models.UniqueConstraint(Lower("email"), name="user_email_unique_any_case"),
            models.CheckConstraint(
                condition=models.Q(extra_time_percent__lte=MOST_EXTRA_TIME_PERCENT),
                name="user_extra_time_at_most_300_percent",
            ),
            models.CheckConstraint(
                condition=models.Q(break_minutes__lte=MOST_BREAK_MINUTES), name="user_breaks_at_most_two_hours"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def display(self) -> dict[str, str]:
        """How pages look to this person, as attributes of the page: data-text, data-contrast, data-motion."""
        return {
            "text": self.text_size,
            "contrast": "high" if self.high_contrast else "",
            "motion": "reduced" if self.reduced_motion else "",
        }

    @property
    def zone(self) -> tzinfo:
        """A zone that this machine's tables do not hold (or no longer) must not lock its owner out of every page."""
        try:
            return ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            return timezone.get_default_timezone()

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name or self.email


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
                condition=models.Q(shows_readiness=True)
                | models.Q(shows_domains=True)
                | models.Q(shows_trend=True)
                | models.Q(shows_streak=True)
                | models.Q(shows_plan=True),
                name="progress_link_shows_something",
                violation_error_message="Nothing is ticked, so the link would show nothing. Tick at least one thing.",
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="progress_link_expires_later"
            ),
            models.CheckConstraint(
                condition=models.Q(use_count=0, last_used_at=None)
                | models.Q(use_count__gt=0, last_used_at__isnull=False),
                name="progress_link_use_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, until {self.expires_at:%Y-%m-%d}"

    def is_open(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at

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
