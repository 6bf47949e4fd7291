"""Which moves there are, who may make them, and that a set moves as one."""

from datetime import timedelta

import pytest

from accounts import roles
from accounts.models import User
from questions import workflow
from questions.models import Item, ItemStatus, ItemTransition
from questions.workflow import MOVES, NotAllowed
from tests.factories import NOW, make_bank, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor() -> User:
    return person("ed", "editor")


def person(name: str, role: str) -> User:
    user = make_user(name)
    roles.make_instructor(user=user, roles=[role])
    return user


@pytest.fixture
def pilot() -> Item:
    make_bank(forms=2)
    item = Item.objects.filter(status=ItemStatus.PILOT).first()
    assert item
    return item


def put(item: Item, status: str) -> None:
    Item.objects.filter(pk=item.pk).update(status=status)
    item.refresh_from_db()


@pytest.mark.parametrize("start", [status.value for status in ItemStatus])
@pytest.mark.parametrize("to", [status.value for status in ItemStatus])
def test_moves_are_those_of_the_table_and_no_others(pilot: Item, editor: User, start: str, to: str) -> None:
    put(pilot, start)

    refusals = workflow.preview([pilot], to, editor)

    assert bool(refusals) != ((start, to) in MOVES)


def test_author_may_send_to_review_and_back_but_sign_nothing(pilot: Item) -> None:
    author = person("al", "author")

    put(pilot, ItemStatus.DRAFT)
    assert workflow.moves_of(pilot, author) == ["review"]
    put(pilot, ItemStatus.PILOT)
    assert workflow.moves_of(pilot, author) == []
    with pytest.raises(NotAllowed, match="you lack the permission"):
        workflow.move(items=[pilot], to="operational", by=author, reason="good", now=NOW)


def test_move_is_signed_and_recorded(pilot: Item, editor: User) -> None:
    workflow.move(items=[pilot], to="operational", by=editor, reason=" Ready since May. ", now=NOW)

    pilot.refresh_from_db()
    transition = ItemTransition.objects.get(item=pilot, to_status="operational")
    assert pilot.status == ItemStatus.OPERATIONAL
    assert (transition.by, transition.from_status, transition.reason) == (editor, "pilot", "Ready since May.")
    assert transition.version == pilot.published_version


def test_move_without_a_reason_is_refused(pilot: Item, editor: User) -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        workflow.move(items=[pilot], to="operational", by=editor, reason="  ", now=NOW)


def test_nobody_promotes_what_they_wrote(pilot: Item, editor: User) -> None:
    assert pilot.published_version
    type(pilot.published_version).objects.filter(pk=pilot.published_version.pk).update(author=editor)

    with pytest.raises(NotAllowed, match="somebody else has to sign"):
        workflow.move(items=[pilot], to="operational", by=editor, reason="mine", now=NOW)


def test_matched_set_moves_as_one(editor: User, pilot: Item) -> None:
    one, other = Item.objects.filter(status=ItemStatus.PILOT)[:2]
    Item.objects.filter(pk__in=[one.pk, other.pk]).update(matched_set="set-1")
    one.refresh_from_db()
    other.refresh_from_db()

    with pytest.raises(NotAllowed, match=f"move {other.code} too"):
        workflow.move(items=[one], to="retired", by=editor, reason="old", now=NOW)
    workflow.move(items=[one, other], to="retired", by=editor, reason="old", now=NOW)

    assert set(Item.objects.filter(matched_set="set-1").values_list("status", flat=True)) == {"retired"}


def test_one_refusal_moves_none(editor: User, pilot: Item) -> None:
    draft = Item.objects.create(code="IM-9999")

    with pytest.raises(NotAllowed) as caught:
        workflow.move(items=[pilot, draft], to="operational", by=editor, reason="all", now=NOW)

    assert [refusal.item for refusal in caught.value.refusals] == [draft]
    pilot.refresh_from_db()
    assert pilot.status == ItemStatus.PILOT
    assert not ItemTransition.objects.filter(item=pilot, at__gte=NOW - timedelta(days=1)).exists()


def test_empty_draft_has_nothing_to_review(editor: User) -> None:
    draft = Item.objects.create(code="IM-9999")

    assert "no version" in workflow.preview([draft], "review", editor)[0].why
