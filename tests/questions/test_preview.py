"""The preview beside the editor: what candidates will see, and findings at their fields, from unsaved text."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts import roles
from questions.models import Item, ItemVersion
from tests.factories import make_bank, make_sample, make_user
from tests.questions.test_admin import fields

pytestmark = pytest.mark.django_db


@pytest.fixture
def item() -> Item:
    return make_sample(make_bank())


@pytest.fixture
def author(client: Client) -> None:
    user = make_user("al")
    roles.make_instructor(user=user, roles=["author"])
    client.force_login(user)


def show(client: Client, item: Item, **changes: Any) -> str:
    response = client.post(reverse("admin:questions_item_preview", args=[item.pk]), fields(item, **changes))
    assert response.status_code == 200
    return response.content.decode()


def finding_at(html: str, field: str) -> str:
    return html.split(f'id="findings-{field}"')[1].split("</ul>", maxsplit=1)[0]


@pytest.mark.usefixtures("author")
def test_draft_is_shown_as_typed_without_its_key_and_nothing_is_stored(client: Client, item: Item) -> None:
    html = show(client, item, stem="Which <one>?")

    assert "Which &lt;one&gt;?" in html
    assert html.count("<li>Option ") == 4
    assert "Because of" not in html.split("findings-")[0]
    assert ItemVersion.objects.filter(item=item).count() == 1


@pytest.mark.usefixtures("author")
def test_finding_stands_at_its_field_and_goes_with_the_flaw(client: Client, item: Item) -> None:
    flawed = {"options-1-text": "All of the above", "options-1-rationale": "Short."}

    html = show(client, item, **flawed)

    assert "error" in finding_at(html, "options-1-text")
    assert "1 words teach too little" in finding_at(html, "options-1-rationale")
    assert "above" not in finding_at(show(client, item), "options-1-text")


@pytest.mark.usefixtures("author")
def test_incomplete_draft_is_shown_without_findings(client: Client, item: Item) -> None:
    html = show(client, item, **{"options-2-is_key": "", "stem": ""})

    assert "Not complete yet" in html
    assert "finding-" not in html


@pytest.mark.usefixtures("author")
@pytest.mark.parametrize(
    ("kind", "body", "seen", "unseen"),
    [
        ("text", "line <b>", "line &lt;b&gt;", "<b>"),
        ("table", "| a |\n|---|\n| <script>x</script> |", "<table>", "<script>"),
        ("svg", "<svg xmlns='http://www.w3.org/2000/svg'><script>x</script></svg>", "", "<script>"),
    ],
)
def test_exhibit_is_made_safe_before_it_is_shown(
    client: Client, item: Item, kind: str, body: str, seen: str, unseen: str
) -> None:
    html = show(client, item, exhibit_kind=kind, exhibit_title="T", exhibit_body=body, exhibit_alt="words")

    assert seen in html
    assert unseen not in html


def test_preview_is_for_those_who_may_write(client: Client, item: Item) -> None:
    reviewer = make_user("rita")
    roles.make_instructor(user=reviewer, roles=["reviewer"])
    client.force_login(reviewer)

    assert client.post(reverse("admin:questions_item_preview", args=[item.pk]), fields(item)).status_code == 403
    client.logout()
    assert client.post(reverse("admin:questions_item_preview", args=[item.pk]), fields(item)).status_code == 302


@pytest.mark.usefixtures("author")
def test_preview_takes_no_get(client: Client, item: Item) -> None:
    assert client.get(reverse("admin:questions_item_preview", args=[item.pk])).status_code == 405
