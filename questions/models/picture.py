from typing import ClassVar

from django.db import models
from django.db.models import Q


class MediaType(models.TextChoices):
    PNG = "image/png", "PNG"
    JPEG = "image/jpeg", "JPEG"
    WEBP = "image/webp", "WebP"


class ExhibitImage(models.Model):
    """A picture of the bank under the SHA-256 of its bytes; versions name it by that digest."""

    digest = models.CharField(max_length=64, primary_key=True)
    content = models.BinaryField()
    media_type = models.CharField(max_length=10, choices=MediaType.choices)
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField()

    append_only: ClassVar = ("digest", "content", "media_type", "width", "height", "created_at")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(media_type__in=MediaType.values), name="exhibit_image_type_known"),
            models.CheckConstraint(condition=Q(width__gte=1, height__gte=1), name="exhibit_image_has_size"),
        ]

    def __str__(self) -> str:
        return f"{self.digest[:12]}.{self.extension}"

    @property
    def extension(self) -> str:
        return MediaType(self.media_type).name.lower()
