"""Enemies by search: pairs stand once, refuse nonsense with words, and leave a trace of who made and undid them."""

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts import roles
from accounts.models import User
from questions import enemies, similarity
from questions.enemies import NotAllowed
from questions.models import EnemyPair, Item, ItemTransition
from tests.factories import NOW, make_bank, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def items() -> list[Item]:
    make_bank()
    return list(Item.objects.filter(status="pilot").order_by("pk"))


@pytest.fixture
def author(client: Client) -> User:
    user = make_user("al")
    roles.make_instructor(user=user, roles=["author"])
    client.force_login(user)
    return user


def url(name: str, item: Item) -> str:
    return reverse(f"admin:questions_item_{name}", args=[item.pk])


def test_pair_is_stored_once_lower_first_and_both_histories_say_who(items: list[Item], author: User) -> None:
    low, high = items[:2]

    enemies.pair(item=high, other=low, by=author, now=NOW)

    assert EnemyPair.objects.values_list("first", "second").get() == (low.pk, high.pk)
    traces = ItemTransition.objects.filter(reason__startswith="Enemy added").order_by("item_id")
    assert [(t.item, t.by, t.from_status, t.to_status, t.reason) for t in traces] == [
        (low, author, "pilot", "pilot", f"Enemy added: {high}."),
        (high, author, "pilot", "pilot", f"Enemy added: {low}."),
    ]
    (enemy,) = enemies.of(low)
    assert (enemy, enemy.stem) == (high, high.versions.get().stem)  # type: ignore[attr-defined]  # annotated
    assert list(enemies.of(high)) == [low]


def test_item_itself_a_duplicate_and_a_mate_are_refused(items: list[Item], author: User) -> None:
    one, other, mate = items[:3]
    enemies.pair(item=one, other=other, by=author, now=NOW)
    Item.objects.filter(pk__in=[one.pk, mate.pk]).update(matched_set="set-1")
    one.refresh_from_db()
    mate.refresh_from_db()

    for refused, words in [(one, "the item itself"), (other, "an enemy already"), (mate, "same matched set")]:
        with pytest.raises(NotAllowed, match=words):
            enemies.pair(item=one, other=refused, by=author, now=NOW)
    with pytest.raises(NotAllowed, match="an enemy already"):
        enemies.pair(item=other, other=one, by=author, now=NOW)

    assert EnemyPair.objects.count() == 1


def test_parting_takes_the_pair_away_and_is_recorded(items: list[Item], author: User) -> None:
    one, other = items[:2]
    enemies.pair(item=one, other=other, by=author, now=NOW)

    enemies.part(item=other, other=one, by=author, now=NOW)

    assert not EnemyPair.objects.exists()
    assert ItemTransition.objects.filter(reason=f"Enemy removed: {one}.", item=other, by=author).count() == 1
    with pytest.raises(NotAllowed, match="no enemy"):
        enemies.part(item=other, other=one, by=author, now=NOW)


def test_search_finds_by_code_and_by_all_words_of_a_stem(items: list[Item]) -> None:
    one, other = items[:2]

    (by_code,) = enemies.found(one, other.code.lower())
    assert (by_code.item, by_code.stem) == (other, other.versions.get().stem)
    assert [found.item for found in enemies.found(one, f"value {other.code} stem")] == [other]
    assert enemies.found(one, f"value {other.code} missing") == []
    assert enemies.found(one, "  ") == []
    assert one not in [found.item for found in enemies.found(one, "value")]
    assert len(enemies.found(one, "value")) == enemies.MOST_FOUND


def make_twins(one: Item, other: Item) -> None:
    """Two items that ask the same in other words."""
    stems = {
        one: "Which retention event lets an archive delete a study?",
        other: "An archive deletes a study by which retention event?",
    }
    for item, stem in stems.items():
        version = item.versions.get()
        version.pk, version.number, version.stem = None, 2, stem
        version.save()
        version.options.create(position=1, text="The legal period ends", is_key=True, rationale="Because.")
        Item.objects.filter(pk=item.pk).update(published_version=version)


def test_most_alike_come_first_with_how_alike(items: list[Item]) -> None:
    make_twins(*items[:2])

    found = enemies.most_alike(items[0])

    percents = [other.percent or 0 for other in found]
    assert found[0].item == items[1]
    assert percents[0] > 50
    assert percents == sorted(percents, reverse=True)


@given(texts=st.lists(st.text(alphabet="abc ", max_size=30), min_size=1, max_size=8))
def test_nearest_measures_as_alike_does(texts: list[str]) -> None:
    own, *others = texts

    nearest = dict(similarity.nearest(own, others, most=99, at_least=0.01))

    pairs = {pair.second - 1: pair.cosine for pair in similarity.alike(texts, 0.01) if pair.first == 0}
    assert nearest == pytest.approx(pairs)


@pytest.mark.usefixtures("author")
def test_page_adds_and_removes_with_a_message(client: Client, items: list[Item]) -> None:
    one, other = items[:2]

    added = client.post(url("pair", one), {"other": other.code.lower(), "q": "a b"}, follow=True)

    assert added.redirect_chain[0][0] == url("enemies", one) + "?q=a+b"
    html = added.content.decode()
    assert f"{other} and {one} share no form from now on." in html
    assert f'value="{other.code}" class="button">Remove' in html
    assert "is an enemy already" in client.post(url("pair", one), {"other": other.code}, follow=True).content.decode()
    assert (
        "may share a form again" in client.post(url("part", one), {"other": other.code}, follow=True).content.decode()
    )
    assert not EnemyPair.objects.exists()


@pytest.mark.usefixtures("author")
@pytest.mark.parametrize("code", ["", "IM-9999", "\x00", "x" * 5000])
def test_item_that_is_not_there_is_named(client: Client, items: list[Item], code: str) -> None:
    html = client.post(url("pair", items[0]), {"other": code}, follow=True).content.decode()

    assert "There is no item" in html
    assert not EnemyPair.objects.exists()


@pytest.mark.usefixtures("author")
def test_search_works_with_and_without_scripts(client: Client, items: list[Item]) -> None:
    one, other = items[:2]

    page = client.get(url("enemies", one), {"q": other.code}).content.decode()
    piece = client.get(url("enemies", one), {"q": other.code}, headers={"HX-Request": "true"}).content.decode()

    for html in (page, piece):
        assert f'value="{other.code}" class="button">Add' in html
    assert "<h1>" in page
    assert "<h1>" not in piece
    assert "No item has all of these words" in client.get(url("enemies", one), {"q": "nowhere\x00"}).content.decode()


@pytest.mark.usefixtures("author")
def test_likeness_is_there_with_and_without_scripts(client: Client, items: list[Item]) -> None:
    one = items[0]
    make_twins(*items[:2])

    assert "% alike." in client.get(url("enemies", one), {"alike": ""}).content.decode()
    assert "% alike." in client.get(url("alike", one)).content.decode()
    assert "% alike." not in client.get(url("enemies", one)).content.decode()
