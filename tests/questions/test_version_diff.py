"""What changed between two versions: nothing is hidden, nothing is made up, and it reads without colours."""

import dataclasses
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts import roles
from questions import drafting
from questions.content import ItemContent, OptionContent, content_of
from questions.models import Item
from questions.version_diff import Comparison, compare, lines, words
from tests.factories import NOW, make_bank, make_sample, make_user

CONTENT = ItemContent(
    task="IM-1",
    cognitive="recall",
    order="shuffle",
    stem="Which port is registered for TLS?",
    options=tuple(OptionContent(f"Port {n}", f"Reason {n}", n == 2) for n in (1, 2, 3, 4)),
    references=({"source": "DICOM PS3.15", "locator": "B.1"},),
)


def changes(comparison: Comparison) -> dict[str, str]:
    marks = {"same": "{}", "deleted": "[-{}-]", "inserted": "[+{}+]"}
    return {
        field.name: "".join(marks[piece.kind].format(piece.text) for piece in field.pieces)
        for field in comparison.changed
    }


@given(old=st.text(), new=st.text(), compared=st.sampled_from([words, lines]))
def test_pieces_are_the_two_texts(old: str, new: str, compared: type[words]) -> None:  # type: ignore[valid-type]
    pieces = compared(old, new)  # type: ignore[misc]

    assert "".join(piece.text for piece in pieces if piece.kind != "inserted") == old
    assert "".join(piece.text for piece in pieces if piece.kind != "deleted") == new
    assert (old == new) == all(piece.kind == "same" for piece in pieces)


def test_version_compared_with_itself_is_the_same() -> None:
    comparison = compare(CONTENT, CONTENT)

    assert comparison.is_same
    assert {"Stem", "Option A", "Option B, role", "Option D, rationale", "Reference 1"} <= {
        field.name for field in comparison.unchanged
    }


def test_words_of_a_stem_are_marked() -> None:
    new = dataclasses.replace(CONTENT, stem="Which number is registered for TLS, today?")

    assert changes(compare(CONTENT, new)) == {
        "Stem": "Which [-port -][+number +]is registered for [-TLS?-][+TLS, today?+]"
    }


def test_another_key_and_a_new_rationale_are_named() -> None:
    options = [dataclasses.replace(option, is_key=n == 3) for n, option in enumerate(CONTENT.options)]
    options[0] = dataclasses.replace(options[0], rationale="Reason one")

    assert changes(compare(CONTENT, dataclasses.replace(CONTENT, options=tuple(options)))) == {
        "Option A, rationale": "Reason [-1-][+one+]",
        "Option B, role": "[-the key-][+a distractor+]",
        "Option D, role": "[-a distractor-][+the key+]",
    }


def test_moved_option_is_a_move_and_not_other_words() -> None:
    one, two, *rest = CONTENT.options

    assert changes(compare(CONTENT, dataclasses.replace(CONTENT, options=(two, one, *rest)))) == {
        "Option A, place": "[-B-][+A+]",
        "Option B, place": "[-A-][+B+]",
    }


def test_removed_and_added_options_are_named() -> None:
    fewer = dataclasses.replace(CONTENT, options=CONTENT.options[:3])

    assert changes(compare(CONTENT, fewer))["Option D, removed"] == "[-Port 4-]"
    assert changes(compare(fewer, CONTENT))["Option D"] == "[+Port 4+]"


def test_log_is_compared_line_by_line() -> None:
    old = dataclasses.replace(CONTENT, exhibit_kind="text", exhibit_body="09:14 A\n09:15 B\n")
    new = dataclasses.replace(old, exhibit_body="09:14 A\n09:16 B\n")

    assert changes(compare(old, new)) == {"Exhibit": "09:14 A\n[-09:15 B\n-][+09:16 B\n+]"}


@pytest.mark.parametrize("kind", ["svg", "image"])
def test_drawings_are_set_side_by_side(kind: str) -> None:
    drawn = dataclasses.replace(CONTENT, exhibit_kind=kind, exhibit_title="Net", exhibit_body="one", exhibit_alt="Box")

    assert not compare(drawn, drawn).other_picture
    assert compare(drawn, dataclasses.replace(drawn, exhibit_body="two")).other_picture
    assert compare(CONTENT, drawn).other_picture
    assert "Exhibit" not in changes(compare(CONTENT, drawn))


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(ItemContent)])
def test_change_of_any_field_is_seen(name: str) -> None:
    base = dataclasses.replace(
        CONTENT, topic="a", point="a", tags=("a",), predicted_p=0.1, exhibit_kind="text", exhibit_title="a",
        exhibit_body="a", exhibit_alt="a",
    )  # fmt: skip
    other: dict[str, Any] = {
        "options": CONTENT.options[:3],
        "references": ({"source": "DICOM PS3.15", "locator": "B.2"},),
        "tags": ("b",),
        "predicted_p": 0.2,
        "exhibit_kind": "table",
    }

    assert not compare(base, dataclasses.replace(base, **{name: other.get(name, "b")})).is_same


@pytest.fixture
def item(db: None) -> Item:
    item = make_sample(make_bank())
    for n in (2, 3):
        latest = item.versions.order_by("number").last()
        assert latest
        content = dataclasses.replace(content_of(latest), stem=f"Stem number {n}: which value is right?")
        drafting.add_version(item=item, content=content, task=latest.task, author=None, now=NOW)
    return item


@pytest.fixture
def page(client: Client, item: Item) -> str:
    reviewer = make_user("rita")
    roles.make_instructor(user=reviewer, roles=["reviewer"])
    client.force_login(reviewer)
    return reverse("admin:questions_item_diff", args=[item.pk])


def test_page_shows_the_last_change_in_words_for_screen_readers_too(client: Client, page: str) -> None:
    html = client.get(page).content.decode()

    assert "From version 2 to version 3" in html
    assert '<del><span class="visually-hidden">[taken out: </span>2: <span' in html
    assert '<ins><span class="visually-hidden">[added: </span>3: <span' in html
    assert "fields without a change" in html


def test_page_compares_any_two_versions(client: Client, page: str) -> None:
    html = client.get(page, {"from": "3", "to": "1"}).content.decode()

    assert "From version 3 to version 1" in html
    assert "Nothing has changed" in client.get(page, {"from": 2, "to": 2}).content.decode()


@pytest.mark.parametrize("number", ["9", "x", ""])
def test_page_refuses_a_version_that_is_not_there(client: Client, page: str, number: str) -> None:
    html = client.get(page, {"from": number}).content.decode()

    assert 'class="errorlist"' in html
    assert "From version" not in html


def test_page_of_one_version_says_so(client: Client, page: str, item: Item) -> None:
    item.versions.filter(number__gt=1).delete()

    assert "no two versions" in client.get(page).content.decode()


def test_workshop_and_item_page_lead_to_it(client: Client, page: str, item: Item) -> None:
    assert f'href="{page}"' in client.get(f"/workshop/items/{item.code}/").content.decode()
    assert f'href="{page}"' in client.get(reverse("admin:questions_item_change", args=[item.pk])).content.decode()
