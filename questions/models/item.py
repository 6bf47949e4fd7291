"""The question bank: an item is a stable name, a version is its content, publishing moves a pointer."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q

from questions.models.outline import Task

ITEM_CODE = r"^[A-Z]{2,8}-[0-9]{4,6}$"


class ItemStatus(models.TextChoices):
    DRAFT = "draft"
    REVIEW = "review"
    PILOT = "pilot"
    OPERATIONAL = "operational"
    RETIRED = "retired"
    SAMPLE = "sample"


# Statuses whose items are shown to people and therefore need a published version.
SHOWN = (ItemStatus.PILOT, ItemStatus.OPERATIONAL, ItemStatus.SAMPLE)
# Statuses from which forms are drawn.
DRAWABLE = (ItemStatus.PILOT, ItemStatus.OPERATIONAL)


class Cognitive(models.TextChoices):
    RECALL = "recall"
    APPLICATION = "application"
    ANALYSIS = "analysis"


class OptionOrder(models.TextChoices):
    SHUFFLE = "shuffle"
    FIXED = "fixed"


class ExhibitKind(models.TextChoices):
    NONE = "", "none"
    TEXT = "text"
    TABLE = "table"
    SVG = "svg", "SVG"
    IMAGE = "image", "picture"


class ItemQuerySet(models.QuerySet["Item"]):
    def drawable(self) -> "ItemQuerySet":
        return self.filter(status__in=DRAWABLE)

    def samples(self) -> "ItemQuerySet":
        return self.filter(status=ItemStatus.SAMPLE)


class Item(models.Model):
    """One question of the bank under its stable code, such as IM-0042."""

    code = models.CharField(max_length=20, unique=True, validators=[RegexValidator(ITEM_CODE)])
    status = models.CharField(max_length=12, choices=ItemStatus.choices, default=ItemStatus.DRAFT)
    matched_set = models.CharField(
        max_length=80, blank=True, help_text="At most three items of one domain and status that share their options."
    )
    published_version = models.ForeignKey(
        "ItemVersion", on_delete=models.RESTRICT, null=True, blank=True, related_name="+", editable=False
    )
    waivers = models.JSONField(
        default=list, blank=True, help_text="Writing rules that the item may break: list of {rule, reason, about?}."
    )
    source_digest = models.CharField(
        max_length=64, blank=True, editable=False, help_text="Digest of the bank file's entry at its last import."
    )

    objects = ItemQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        permissions = [("publish_item", "Can publish a version written by somebody else")]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=ItemStatus.values), name="item_status_known"),
            models.CheckConstraint(
                condition=~Q(status__in=SHOWN) | Q(published_version__isnull=False),
                name="item_shown_has_published_version",
            ),
        ]
        # The draw reads all drawable items at once.
        indexes = [models.Index(fields=["status"], name="item_status")]

    def __str__(self) -> str:
        return self.code


class ItemVersion(models.Model):
    """The content of an item at one moment: inserted once, never updated.

    The unique number per item detects two editors who start from the same version.
    """

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="+")
    topic = models.CharField(max_length=20, blank=True)
    point = models.TextField(blank=True, help_text="The one-sentence claim that the item tests.")
    cognitive = models.CharField(max_length=12, choices=Cognitive.choices)
    order = models.CharField(max_length=8, choices=OptionOrder.choices, default=OptionOrder.SHUFFLE)
    stem = models.TextField()
    exhibit_kind = models.CharField(max_length=5, choices=ExhibitKind.choices, blank=True)
    exhibit_title = models.CharField(max_length=200, blank=True)
    exhibit_body = models.TextField(
        blank=True, help_text="Text, a Markdown pipe table, SVG source, or the digest of a stored picture."
    )
    exhibit_alt = models.TextField(blank=True)
    references = models.JSONField(help_text="List of {source, locator, url?, checked?, checked_in?, says?}.")
    tags = models.JSONField(default=list, blank=True)
    predicted_p = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="The writer's guess of the facility, until answers replace it.",
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()
    digest = models.CharField(
        max_length=64, help_text="SHA-256 of the content, see questions.content.ItemContent.digest."
    )

    append_only: ClassVar = (
        "item", "number", "task", "topic", "point", "cognitive", "order", "stem", "exhibit_kind", "exhibit_title",
        "exhibit_body", "exhibit_alt", "references", "tags", "predicted_p", "created_at", "digest",
    )  # fmt: skip
    append_only_people: ClassVar = ("author",)

    class Meta:
        ordering = ["item", "number"]
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="item_version_number_unique"),
            models.CheckConstraint(condition=Q(number__gte=1), name="item_version_number_from_1"),
            models.CheckConstraint(
                condition=Q(exhibit_kind="", exhibit_body="") | (~Q(exhibit_kind="") & ~Q(exhibit_body="")),
                name="item_version_exhibit_kind_with_body",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} v{self.number}"


class Option(models.Model):
    """One answer of a version, key or distractor, with the reason why it is right or wrong."""

    version = models.ForeignKey(ItemVersion, on_delete=models.CASCADE, related_name="options")
    position = models.PositiveSmallIntegerField()
    text = models.TextField()
    is_key = models.BooleanField(default=False)
    rationale = models.TextField()

    append_only: ClassVar = ("version", "position", "text", "is_key", "rationale")

    class Meta:
        ordering = ["version", "position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="option_position_unique"),
            models.UniqueConstraint(fields=["version"], condition=Q(is_key=True), name="option_one_key"),
            models.CheckConstraint(condition=Q(position__gte=1, position__lte=8), name="option_position_1_to_8"),
        ]

    def __str__(self) -> str:
        return f"{self.version} option {self.position}"


class EnemyPair(models.Model):
    """Two items that may not share a form, stored once with the lower id first."""

    first = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="enemy_pair_unique"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="enemy_pair_lower_first"),
        ]

    def __str__(self) -> str:
        return f"{self.first} / {self.second}"


class ItemTransition(models.Model):
    """Who moved an item or its published version, from what to what, and why."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="transitions")
    from_status = models.CharField(max_length=12, choices=ItemStatus.choices, blank=True)
    to_status = models.CharField(max_length=12, choices=ItemStatus.choices)
    version = models.ForeignKey(ItemVersion, on_delete=models.CASCADE, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    reason = models.TextField(blank=True)
    at = models.DateTimeField()

    append_only: ClassVar = ("item", "from_status", "to_status", "version", "reason", "at")
    append_only_people: ClassVar = ("by",)

    class Meta:
        ordering = ["item", "at"]

    def __str__(self) -> str:
        return f"{self.item}: {self.from_status or 'new'} → {self.to_status}"


class ReviewComment(models.Model):
    """What somebody said about a version; read by everybody in the workshop."""

    version = models.ForeignKey(ItemVersion, on_delete=models.CASCADE, related_name="comments")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    text = models.TextField(max_length=2000)
    at = models.DateTimeField()

    append_only: ClassVar = ("version", "text", "at")
    append_only_people: ClassVar = ("by",)

    class Meta:
        ordering = ["at"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="review_comment_has_text")]

    def __str__(self) -> str:
        return f"{self.version}: {self.text[:40]}"
