"""A named list of people whom instructors accompany."""

from django.conf import settings
from django.db import models

from accounts.models import User


class CohortQuerySet(models.QuerySet["Cohort"]):
    def taught_by(self, user: User) -> "CohortQuerySet":
        return self.filter(instructors=user)


class Cohort(models.Model):
    """Its instructors see the members' sittings, never their answers."""

    name = models.CharField(max_length=120, unique=True)
    instructors = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")

    objects = CohortQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
