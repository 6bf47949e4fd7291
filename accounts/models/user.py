"""People: who signs in, in which role and with which accommodation, and what was done with rights."""

from datetime import tzinfo
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

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


class Theme(models.TextChoices):
    AUTO = "auto", "As this device has it"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


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
    theme = models.CharField("colours", max_length=5, choices=Theme.choices, default=Theme.AUTO)
    text_size = models.CharField(max_length=7, choices=TextSize.choices, default=TextSize.NORMAL)
    high_contrast = models.BooleanField(default=False)
    reduced_motion = models.BooleanField("no motion", default=False)
    single_keys = models.BooleanField("single-letter keys are on", default=True)
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
        """How pages look and listen to this person, as attributes of the page: data-theme, data-text and so on."""
        return {
            "theme": "" if self.theme == Theme.AUTO else self.theme,
            "text": self.text_size,
            "contrast": "high" if self.high_contrast else "",
            "motion": "reduced" if self.reduced_motion else "",
            "keys": "" if self.single_keys else "off",
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
