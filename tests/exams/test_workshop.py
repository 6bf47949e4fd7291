"""The workshop's pages: who may enter, what they show, and what they change."""

import pytest
from django.test import Client

from accounts import roles
from accounts.models import User
from exams.models import AnswerCount
from questions.models import Item, ItemStatus, ItemTransition, ReviewComment
from tests.factories import make_bank, make_user

pytestmark = pytest.mark.django_db

PAGES = ["/workshop/", "/workshop/pilots/", "/workshop/coverage/", "/workshop/items/{code}/"]
DOORS = ["/workshop/items/{code}/move/", "/workshop/items/{code}/comment/"]


@pytest.fixture
def pilot() -> Item:
    make_bank()
    item = Item.objects.filter(status=ItemStatus.PILOT).select_related("published_version").first()
    assert item
    return item


def person(role: str | None) -> User:
    user = make_user(role or "alice")
    if role:
        roles.make_instructor(user=user, roles=[role])
    return user


@pytest.mark.parametrize(
    ("role", "status"),
    [(None, 404), ("invigilator", 404), ("author", 200), ("reviewer", 200), ("editor", 200)],
)
@pytest.mark.parametrize("page", PAGES)
def test_workshop_exists_for_those_who_work_in_it(
    client: Client, pilot: Item, page: str, role: str | None, status: int
) -> None:
    client.force_login(person(role))

    assert client.get(page.format(code=pilot.code)).status_code == status


@pytest.mark.parametrize("page", [*PAGES, *DOORS])
def test_workshop_asks_strangers_to_sign_in(client: Client, pilot: Item, page: str) -> None:
    assert client.post(page.format(code=pilot.code)).status_code == 302


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("role", [None, "invigilator"])
def test_workshop_changes_nothing_for_others(client: Client, pilot: Item, door: str, role: str | None) -> None:
    client.force_login(person(role))

    response = client.post(door.format(code=pilot.code), {"to": "retired", "reason": "x", "text": "x"})

    assert response.status_code == 404
    pilot.refresh_from_db()
    assert pilot.status == ItemStatus.PILOT
    assert not ReviewComment.objects.exists()


def test_editor_promotes_with_a_signature(client: Client, pilot: Item) -> None:
    editor = person("editor")
    client.force_login(editor)

    page = client.post(
        f"/workshop/items/{pilot.code}/move/", {"to": "operational", "reason": "Steady since May"}, follow=True
    ).content.decode()

    assert f"{pilot.code}: now operational." in page
    assert "Steady since May" in page
    assert ItemTransition.objects.get(item=pilot, to_status="operational").by == editor


@pytest.mark.parametrize("data", [{"to": "operational"}, {"to": "nowhere", "reason": "x"}, {"reason": "x"}])
def test_move_that_is_incomplete_changes_nothing_and_says_so(client: Client, pilot: Item, data: dict[str, str]) -> None:
    client.force_login(person("editor"))

    page = client.post(f"/workshop/items/{pilot.code}/move/", data)

    assert b"errorlist" in page.content
    pilot.refresh_from_db()
    assert pilot.status == ItemStatus.PILOT


def test_author_sees_no_move_that_needs_a_signature(client: Client, pilot: Item) -> None:
    client.force_login(person("author"))

    page = client.get(f"/workshop/items/{pilot.code}/").content.decode()

    assert "You may make none of the moves from here." in page


def test_comment_is_kept_with_its_version(client: Client, pilot: Item) -> None:
    reviewer = person("reviewer")
    client.force_login(reviewer)

    page = client.post(f"/workshop/items/{pilot.code}/comment/", {"text": "B is <weak>."}, follow=True).content.decode()

    assert "B is &lt;weak&gt;." in page
    comment = ReviewComment.objects.get()
    assert (comment.by, comment.version) == (reviewer, pilot.published_version)


def test_figures_are_hidden_below_thirty_answers(client: Client, pilot: Item) -> None:
    client.force_login(person("editor"))
    AnswerCount.objects.create(version=pilot.versions.get(), is_scored=False, scored_count=20, answer=1, total=10, n=17)

    item = client.get(f"/workshop/items/{pilot.code}/").content.decode()
    desk = client.get("/workshop/pilots/").content.decode()

    assert "Not enough yet: 17 of 30." in item
    assert "Facility</dt>" not in item
    assert "not enough yet: 17 of 30" in desk


def test_figures_and_curves_are_shown_from_thirty_on(client: Client, pilot: Item) -> None:
    client.force_login(person("editor"))
    for answer, total in ((1, 5), (2, 10), (3, 15), (4, 20)):
        AnswerCount.objects.create(
            version=pilot.versions.get(), is_scored=False, scored_count=20, answer=answer, total=total, n=10
        )

    page = client.get(f"/workshop/items/{pilot.code}/").content.decode()

    assert page.count("<polyline") == 4
    assert "Provisional: fewer than a hundred answers." in page


def test_desk_lists_what_waits_for_review_and_ones_own(client: Client, pilot: Item) -> None:
    author = person("author")
    waiting, own = Item.objects.filter(status=ItemStatus.OPERATIONAL)[:2]
    Item.objects.filter(pk=waiting.pk).update(status=ItemStatus.REVIEW)
    own.versions.update(author=author)
    client.force_login(author)

    page = client.get("/workshop/").content.decode()

    assert page.index(waiting.code) < page.index("Your items") < page.index(own.code)


def test_unknown_item_is_not_found(client: Client) -> None:
    client.force_login(person("editor"))

    assert client.get("/workshop/items/IM-9999/").status_code == 404


def test_coverage_names_what_limits_the_number_of_forms(client: Client, pilot: Item) -> None:
    client.force_login(person("author"))
    page = client.get("/workshop/coverage/").content.decode()
    assert "The bank supports 1.0 mock without a shared item." in page
    assert "Every domain runs out at once." in page

    scored = Item.objects.filter(status=ItemStatus.OPERATIONAL, code__startswith="IM-").first()
    assert scored
    Item.objects.filter(pk=scored.pk).update(status=ItemStatus.RETIRED)
    page = client.get("/workshop/coverage/").content.decode()

    assert "What runs out first: Domain IM, scored." in page
    assert "The bank supports 0.8 mocks" in page


def test_coverage_without_content_says_how_to_load_some(client: Client) -> None:
    client.force_login(person("author"))

    assert b"No outline is current" in client.get("/workshop/coverage/").content
