"""Study groups: who prepares with whom, and what each member lets the others see."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models.user import User


class StudyGroupQuerySet(models.QuerySet["StudyGroup"]):
    def of(self, user: User) -> "StudyGroupQuerySet":
        """Those the person is in; asking to be let in is not being in."""
        return self.filter(memberships__user=user, memberships__asked_at=None)


class StudyGroup(models.Model):
    """People who prepare together. The owner is a column, so that no group can ever be without one or have two.

    An account that owns a group cannot be deleted before the group is handed over or closed.
    """

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80)
    description = models.TextField(max_length=1000, blank=True)
    exam_on = models.DateField("exam date", null=True, blank=True)
    asks_for_approval = models.BooleanField("somebody has to let people in who come by a link", default=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="owned_groups")
    made_at = models.DateTimeField()

    objects = StudyGroupQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="study_group_has_a_name")]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What somebody may do in one group. It says nothing about the site: instructors there may be candidates here."""

    OWNER = "owner", "Owner"
    INSTRUCTOR = "instructor", "Instructor"
    MEMBER = "member", "Member"


class Share(models.TextChoices):
    """What a member lets a group see; each holds what is before it."""

    NOTHING = "nothing", "Nothing"
    PRACTICE = "practice", "That I practise"
    DOMAINS = "domains", "My domains"
    SCORES = "scores", "My scores"


def shown_name(user: User) -> str:
    """A name that is no e-mail address, or nothing."""
    name = " ".join(user.name.split())
    return "" if "@" in name else name


class MembershipQuerySet(models.QuerySet["Membership"]):
    def active(self) -> "MembershipQuerySet":
        return self.filter(asked_at=None, user__is_active=True)

    def asking(self) -> "MembershipQuerySet":
        return self.filter(asked_at__isnull=False)

    def sharing(self, least: Share) -> "MembershipQuerySet":
        """Members who let their group see at least so much."""
        return self.active().filter(share__in=Share.values[Share.values.index(least) :])


class Membership(models.Model):
    """One person in one group, or at its door: `asked_at` is set until somebody lets them in.

    The owner's row stands as an instructor's: who owns the group is the group's own column alone.
    """

    group = models.ForeignKey(StudyGroup, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    is_instructor = models.BooleanField(default=False)
    share = models.CharField(max_length=8, choices=Share.choices, default=Share.PRACTICE)
    asked_at = models.DateTimeField(null=True, blank=True)
    joined_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["user__name", "user__email", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["group", "user"], name="membership_once"),
            models.CheckConstraint(condition=Q(share__in=Share.values), name="membership_share_known"),
            models.CheckConstraint(
                condition=Q(asked_at__isnull=True, joined_at__isnull=False)
                | Q(asked_at__isnull=False, joined_at__isnull=True, is_instructor=False),
                name="membership_asked_or_joined",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.group}"

    @property
    def has_joined(self) -> bool:
        return self.asked_at is None

    @property
    def role(self) -> Role:
        if self.group.owner_id == self.user_id:
            return Role.OWNER
        return Role.INSTRUCTOR if self.is_instructor else Role.MEMBER

    @property
    def is_owner(self) -> bool:
        return self.has_joined and self.role == Role.OWNER

    @property
    def leads(self) -> bool:
        """Whether they invite, let in, share forms and look after the discussions: owner and instructors."""
        return self.has_joined and self.role != Role.MEMBER

    @property
    def name(self) -> str:
        """How the group calls them; never an e-mail address, which nobody agreed to show."""
        return shown_name(self.user) or f"Member {self.pk}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self, now: datetime) -> "InvitationQuerySet":
        """See also Invitation.is_open."""
        return self.filter(revoked_at=None, expires_at__gt=now, uses__lt=F("most_uses"))


class Invitation(models.Model):
    """A secret address that leads into a group. Only the digest of its token is kept.

    One with an e-mail address is for the person of that address alone; its token is made when the mail is written, so
    that it waits in no queue, and until then there is no digest.
    """

    group = models.ForeignKey(StudyGroup, on_delete=models.CASCADE, related_name="invitations")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(
        max_length=64, unique=True, null=True, blank=True, editable=False, help_text="SHA-256 of the address's token."
    )
    email = models.EmailField("e-mail address", blank=True)
    most_uses = models.PositiveSmallIntegerField(default=1)
    uses = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(uses__lte=F("most_uses")), name="invitation_uses_are_limited"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="invitation_expires_later"),
            models.CheckConstraint(
                condition=Q(email="", digest__isnull=False) | (~Q(email="") & Q(most_uses=1)),
                name="invitation_by_link_or_for_one_address",
            ),
        ]

    def __str__(self) -> str:
        return f"Invitation to {self.group}"

    def is_open(self, now: datetime) -> bool:
        """See also InvitationQuerySet.open."""
        return self.revoked_at is None and now < self.expires_at and self.uses < self.most_uses

    def is_for(self, user: User) -> bool:
        return not self.email or self.email.lower() == user.email.lower()

    @property
    def inviter(self) -> str:
        return shown_name(self.made_by) or "Somebody"
