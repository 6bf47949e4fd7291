"""What instructors may do: each role is a Django group; candidates are in none."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps as installed_apps
from django.apps.registry import Apps
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from accounts import audit
from accounts.models import User, Verb

# Role to "app.codename". Named by label, because this app does not know the others.
ROLES: dict[str, tuple[str, ...]] = {
    "author": ("questions.view_item", "questions.add_item", "questions.change_item"),
    "reviewer": ("questions.view_item", "questions.publish_item", "questions.view_faultreport"),
    "editor": (
        "questions.view_item",
        "questions.add_item",
        "questions.change_item",
        "questions.publish_item",
        "questions.view_faultreport",
        "questions.change_faultreport",
        "questions.view_outline",
        "questions.view_domain",
        "questions.view_task",
    ),
    "invigilator": (
        "exams.view_attempt",
        "exams.view_survey",
        "exams.view_cohort",
        "exams.add_cohort",
        "exams.change_cohort",
        "accounts.view_user",
        "accounts.change_user",
    ),
}


def is_instructor(user: User) -> bool:
    return user.groups.filter(name__in=ROLES).exists()


@transaction.atomic
def make_instructor(*, user: User, roles: Iterable[str], by: User | None = None) -> None:
    """Put a person into the named roles and let them into the admin."""
    before = rights_of(user)
    for role in roles:
        user.groups.add(_group(role))
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    record_change(user=user, before=before, by=by)


def rights_of(user: User) -> set[str]:
    """Everything that lets a person do more than a candidate, each in a word or two."""
    flags = {"staff": user.is_staff, "superuser": user.is_superuser, "inactive": not user.is_active}
    return {
        *(name for name, is_set in flags.items() if is_set),
        *user.groups.values_list("name", flat=True),
        *(f"permission {name}" for name in user.user_permissions.values_list("codename", flat=True)),
    }


def record_change(*, user: User, before: set[str], by: User | None) -> None:
    """Write down what has come and gone since `before`, if anything has."""
    after = rights_of(user)
    if after == before:
        return
    detail = {"added": sorted(after - before), "removed": sorted(before - after)}
    audit.record(verb=Verb.ROLES_CHANGED, by=by, target="account", subject=user, detail=detail)


def sync_groups(apps: Apps = installed_apps, **kwargs: Any) -> None:
    """post_migrate receiver: every role has a group with its permissions, as far as they exist by now."""
    try:
        apps.get_model("auth", "Group")
    except LookupError:
        # `migrate` of another app alone, before the groups' table exists: a later run makes them.
        return
    for role in ROLES:
        _group(role)


def _group(role: str) -> Group:
    group, _ = Group.objects.get_or_create(name=role)
    names = {tuple(name.split(".")) for name in ROLES[role]}
    wanted = Permission.objects.filter(content_type__app_label__in={app for app, _ in names}).select_related(
        "content_type"
    )
    group.permissions.set(
        permission for permission in wanted if (permission.content_type.app_label, permission.codename) in names
    )
    return group
