"""A copy of one's own data names nobody whom one invited or looked after."""

import json
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.serializers.json import DjangoJSONEncoder

from accounts import invitations
from exams.privacy.copying import rows_of
from exams.privacy.tables import tables
from tests.factories import NOW, join_group, make_group, make_user

pytestmark = pytest.mark.django_db


def test_neither_invitations_nor_the_log_of_the_admin_name_others() -> None:
    """The log calls people what they print as."""
    alice, bob = make_user("alice"), make_user("bob")
    group = make_group(alice)
    invitations.invite(group=group, by=alice, email=bob.email, now=NOW)
    join_group(group, bob)
    LogEntry.objects.log_actions(alice.pk, [bob], CHANGE, change_message=[{"changed": {"object": str(bob)}}])

    copied: dict[str, list[Any]] = {
        table.label: rows_of(table, alice, set()) for table in tables() if table.is_exported
    }

    assert "bob" not in json.dumps(copied, cls=DjangoJSONEncoder).lower()
    assert len(copied["admin.logentry"]) == len(copied["accounts.invitation"]) == 1
