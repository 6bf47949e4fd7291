"""Groups appear with the tables they are about, in whatever order migrations run."""

import pytest
from django.apps import apps
from django.apps.registry import Apps
from django.contrib.auth.models import Group, Permission

from accounts import roles
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_sync_groups_run_twice_changes_nothing() -> None:
    before = set(Group.objects.values_list("name", "permissions"))

    roles.sync_groups(apps=apps)

    assert set(Group.objects.values_list("name", "permissions")) == before


def test_sync_groups_leaves_out_permissions_that_do_not_exist_yet() -> None:
    Permission.objects.filter(codename="publish_item").delete()

    roles.sync_groups(apps=apps)

    names = Group.objects.get(name="reviewer").permissions.values_list("codename", flat=True)
    assert set(names) == {"view_item", "view_faultreport"}


def test_sync_groups_waits_for_the_table_of_groups() -> None:
    Group.objects.all().delete()

    roles.sync_groups(apps=Apps())

    assert Group.objects.count() == 0


def test_make_instructor_twice_is_harmless() -> None:
    ivy = make_user("ivy")

    roles.make_instructor(user=ivy, roles=["author"])
    roles.make_instructor(user=ivy, roles=["author", "reviewer"])

    assert set(ivy.groups.values_list("name", flat=True)) == {"author", "reviewer"}
    assert ivy.is_staff
    assert not ivy.has_perm("questions.change_outline")
    assert ivy.has_perms(["questions.add_item", "questions.publish_item"])


def test_make_instructor_refuses_a_role_that_does_not_exist() -> None:
    ivy = make_user("ivy")

    with pytest.raises(KeyError):
        roles.make_instructor(user=ivy, roles=["emperor"])

    assert (ivy.groups.count(), Group.objects.filter(name="emperor").exists()) == (0, False)
