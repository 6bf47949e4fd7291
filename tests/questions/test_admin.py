import dataclasses
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.models import User
from questions import drafting, faults, publishing
from questions.content import content_of
from questions.models import FaultReport, Item, ItemVersion
from tests.factories import NOW, make_outline, make_sample, make_user

pytestmark = pytest.mark.django_db


def make_instructor(name: str, *codenames: str) -> User:
    user = make_user(name)
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


@pytest.fixture
def item() -> Item:
    return make_sample(make_outline())


@pytest.fixture
def ivy() -> User:
    return make_instructor("ivy", "view_item", "add_item", "change_item")


@pytest.fixture
def rita() -> User:
    return make_instructor("rita", "view_item", "publish_item")


def draft_url(item: Item) -> str:
    return reverse("admin:questions_item_draft", args=[item.pk])


def fields(item: Item, **changes: Any) -> dict[str, Any]:
    """The draft page's fields as the browser would send them back, changed."""
    latest = item.versions.order_by("number").last()
    assert latest
    values: dict[str, Any] = {
        "after": latest.number,
        "task": latest.task_id,
        "cognitive": "recall",
        "order": "shuffle",
        "stem": "A better stem: which value is right?",
        "references": '[{"source": "DICOM PS3.4", "locator": "Annex J"}]',
        "options-TOTAL_FORMS": 4,
        "options-INITIAL_FORMS": 4,
    }
    for n in range(4):
        values |= {f"options-{n}-text": f"Option {n}", f"options-{n}-rationale": f"Because of {n}."}
    return {**values, "options-2-is_key": "on", **changes}


def test_draft_page_shows_the_latest_version(client: Client, item: Item, ivy: User) -> None:
    client.force_login(ivy)

    html = client.get(draft_url(item)).content.decode()

    assert "Stem of IM-0901" in html
    assert html.count("Reason") == 4


def test_draft_becomes_a_new_version_and_is_not_published(client: Client, item: Item, ivy: User) -> None:
    client.force_login(ivy)

    client.post(draft_url(item), fields(item))

    version = ItemVersion.objects.get(number=2)
    item.refresh_from_db()
    assert (version.author, version.stem) == (ivy, "A better stem: which value is right?")
    assert [option.is_key for option in version.options.all()] == [False, False, True, False]
    assert item.published_version is not None
    assert item.published_version.number == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"options-1-is_key": "on"}, "exactly one option"),
        ({"options-2-is_key": ""}, "exactly one option"),
        ({"options-1-text": ""}, "required"),
        ({"options-1-text": "Option 0"}, "same text"),
        ({"references": "[]  x"}, "valid JSON"),
        ({"references": '[{"source": "x"}]'}, "source and a locator"),
        ({"references": '[{"source": "x", "locator": "y", "url": "javascript:alert(1)"}]'}, "valid URL"),
        ({"exhibit_kind": "text"}, "both a kind and a body"),
        ({"exhibit_kind": "svg", "exhibit_body": "<svg onload='x'/>", "exhibit_alt": "x"}, "needs a title"),
        (
            {"exhibit_kind": "svg", "exhibit_title": "x", "exhibit_body": "<svg onload='x'/>", "exhibit_alt": "x"},
            "SVG namespace",
        ),
        ({"references": '[{"source": "x", "locator": "y", "page": "z"}]'}, "page is not known"),
        ({"references": '[{"source": "\\ud800", "locator": "y"}]'}, "valid JSON"),
        ({"references": "[" * 40_000}, "valid JSON"),
    ],
)
def test_bad_draft_is_refused_with_words_and_writes_nothing(
    client: Client, item: Item, ivy: User, changes: dict[str, Any], words: str
) -> None:
    client.force_login(ivy)

    html = client.post(draft_url(item), fields(item, **changes)).content.decode()

    assert words in html
    assert ItemVersion.objects.count() == 1


def test_second_editor_of_one_version_is_told_and_loses_nothing(client: Client, item: Item, ivy: User) -> None:
    client.force_login(ivy)
    mine = fields(item, stem="My stem: which value?")
    client.post(draft_url(item), fields(item))

    html = client.post(draft_url(item), mine).content.decode()

    assert "newer version meanwhile" in html
    assert "My stem: which value?" in html
    assert ItemVersion.objects.count() == 2


def test_draft_keeps_what_the_page_does_not_show(client: Client, item: Item, ivy: User) -> None:
    latest = item.versions.get()
    kept = dataclasses.replace(content_of(latest), topic="IM-1-02", tags=("tutorial",), predicted_p=0.6)
    drafting.add_version(item=item, content=kept, task=latest.task, author=None, now=NOW)
    client.force_login(ivy)

    client.post(draft_url(item), fields(item))

    version = item.versions.get(number=3)
    assert (version.topic, version.tags, version.predicted_p) == ("IM-1-02", ["tutorial"], 0.6)


@pytest.mark.parametrize("pk", ["abc", "_5F", "999"])
def test_page_of_no_item_leads_back_to_the_list(client: Client, item: Item, ivy: User, pk: str) -> None:
    client.force_login(ivy)

    assert client.get(f"/admin/questions/item/{pk}/change/").status_code == 302


def test_new_item_starts_as_a_draft_and_leads_to_its_first_version(client: Client, item: Item, ivy: User) -> None:
    client.force_login(ivy)

    answer = client.post(reverse("admin:questions_item_add"), {"code": "IM-0777"})

    new = Item.objects.get(code="IM-0777")
    assert (new.status, answer.headers["Location"]) == ("draft", draft_url(new))


def publish(client: Client, item: Item, number: int) -> None:
    client.post(reverse("admin:questions_item_publish", args=[item.pk, number]))
    item.refresh_from_db()


def test_another_person_publishes_the_draft(client: Client, item: Item, ivy: User, rita: User) -> None:
    client.force_login(ivy)
    client.post(draft_url(item), fields(item))
    client.force_login(rita)

    publish(client, item, 2)

    assert item.published_version is not None
    assert (item.published_version.number, item.status) == (2, "sample")
    transition = item.transitions.get()
    assert (transition.by, transition.version) == (rita, item.published_version)


def test_author_cannot_publish_the_own_version_even_with_the_permission(client: Client, item: Item) -> None:
    both = make_instructor("ed", "view_item", "change_item", "publish_item")
    client.force_login(both)
    client.post(draft_url(item), fields(item))

    publish(client, item, 2)

    assert item.published_version is not None
    assert item.published_version.number == 1


def test_publish_needs_the_permission_and_post(client: Client, item: Item, ivy: User, rita: User) -> None:
    client.force_login(ivy)
    client.post(draft_url(item), fields(item))
    url = reverse("admin:questions_item_publish", args=[item.pk, 2])

    assert client.post(url).status_code == 403
    client.force_login(rita)
    assert client.get(url).status_code == 405
    assert client.get(draft_url(item)).status_code == 403


def test_publishing_an_older_version_is_refused(item: Item, rita: User) -> None:
    version = item.versions.get()

    with pytest.raises(publishing.NotAllowed, match="published already"):
        publishing.publish(version=version, by=rita, now=NOW)


def test_candidate_cannot_enter_the_admin(client: Client, item: Item) -> None:
    client.force_login(make_user("alice"))

    assert client.get(draft_url(item)).status_code == 302
    assert client.get(reverse("admin:questions_item_changelist")).status_code == 302


def test_item_page_shows_every_version_with_rationales(client: Client, item: Item, ivy: User) -> None:
    client.force_login(ivy)
    client.post(draft_url(item), fields(item))

    html = client.get(reverse("admin:questions_item_change", args=[item.pk])).content.decode()

    assert ("Version 1 (published)" in " ".join(html.split()), "Because of 2." in html, "(key)" in html) == (True,) * 3


def test_fault_report_is_closed_with_an_answer(client: Client, item: Item) -> None:
    fault = faults.report(version=item.versions.get(), by=make_user("bob"), message="Option B is right too.", now=NOW)
    client.force_login(make_instructor("ivy", "view_faultreport", "change_faultreport"))

    client.post(reverse("admin:questions_faultreport_change", args=[fault.pk]), {"resolution": "Mended in version 2."})

    fault = FaultReport.objects.get()
    assert (fault.resolution, fault.resolved_at is not None) == ("Mended in version 2.", True)
    assert fault.message == "Option B is right too."


def test_stored_text_with_markup_stays_text(client: Client, item: Item, ivy: User) -> None:
    client.force_login(ivy)
    attack = "<script>alert(1)</script><b hx-get='/x'>{{ 7|add:7 }}"
    client.post(draft_url(item), fields(item, stem=attack, **{"options-0-text": attack, "options-0-rationale": attack}))

    html = client.get(reverse("admin:questions_item_change", args=[item.pk])).content.decode()

    assert "<script>alert" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 3
    assert "{{ 7|add:7 }}" in html
