"""What people meet has a rationale for each option and names a reference; a draft may wait for them."""

import dataclasses

import pytest

from accounts import roles
from accounts.models import User
from questions import drafting, publishing, workflow
from questions.completeness import missing
from questions.content import OptionContent, content_of
from questions.models import Item, ItemStatus, ItemVersion
from tests.factories import NOW, make_bank, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor() -> User:
    user = make_user("ed")
    roles.make_instructor(user=user, roles=["editor"])
    return user


@pytest.fixture
def pilot() -> Item:
    make_bank()
    return Item.objects.filter(status=ItemStatus.PILOT)[0]


def incomplete(item: Item) -> ItemVersion:
    """A newer version without a reference and without the reasons of its first and third option."""
    latest = item.versions.get()
    content = content_of(latest)
    options = tuple(
        OptionContent(option.text, " \n" if n in (0, 2) else option.rationale, option.is_key)
        for n, option in enumerate(content.options)
    )
    lacking = dataclasses.replace(content, options=options, references=())
    assert missing(content) == []
    return drafting.add_version(item=item, content=lacking, task=latest.task, author=None, now=NOW)


def test_publishing_names_what_is_missing(pilot: Item, editor: User) -> None:
    before, version = pilot.published_version, incomplete(pilot)

    words = "Version 2 is not complete: it lacks a rationale for option a, a rationale for option c, a reference"
    with pytest.raises(publishing.NotAllowed, match=words):
        publishing.publish(version=version, by=editor, now=NOW)

    pilot.refresh_from_db()
    assert pilot.published_version == before


@pytest.mark.parametrize(("start", "to"), [("pilot", "operational"), ("operational", "pilot")])
def test_move_to_where_forms_are_drawn_from_names_what_is_missing(
    pilot: Item, editor: User, start: str, to: str
) -> None:
    Item.objects.filter(pk=pilot.pk).update(status=start, published_version=incomplete(pilot))

    with pytest.raises(workflow.NotAllowed, match=f"{pilot}: its published version lacks a rationale for option a"):
        workflow.move(items=[pilot], to=to, by=editor, reason="ready", now=NOW)

    pilot.refresh_from_db()
    assert pilot.status == start


@pytest.mark.parametrize("to", ["draft", "retired"])
def test_move_away_from_people_asks_for_nothing(pilot: Item, editor: User, to: str) -> None:
    Item.objects.filter(pk=pilot.pk).update(published_version=incomplete(pilot))

    workflow.move(items=[pilot], to=to, by=editor, reason="mend it", now=NOW)

    pilot.refresh_from_db()
    assert pilot.status == to
