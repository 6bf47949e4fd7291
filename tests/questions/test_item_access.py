"""Who gets through which door of an item in the admin, and how many statements the list takes."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import roles
from questions import pictures
from questions.models import EnemyPair, Item, ItemVersion
from tests.factories import NOW, make_bank, make_sample, make_user, publish_form_a
from tests.questions.test_pictures import picture

pytestmark = pytest.mark.django_db

WHO = ("author", "reviewer", "editor", "invigilator", "candidate", "anonymous")
# Method and path, then the status for each of WHO. 302 for the last two means to sign in first.
DOORS: dict[tuple[str, str], tuple[int, ...]] = {
    ("get", "/admin/questions/item/"): (200, 200, 200, 403, 302, 302),
    ("get", "/admin/questions/item/{pk}/change/"): (200, 200, 200, 403, 302, 302),
    ("get", "/admin/questions/item/{pk}/draft/"): (200, 403, 200, 403, 302, 302),
    ("post", "/admin/questions/item/{pk}/draft/"): (200, 403, 200, 403, 302, 302),
    ("post", "/admin/questions/item/{pk}/preview/"): (200, 403, 200, 403, 302, 302),
    ("get", "/admin/questions/item/{pk}/diff/"): (200, 200, 200, 403, 302, 302),
    ("get", "/admin/questions/item/{pk}/enemies/"): (200, 403, 200, 403, 302, 302),
    ("get", "/admin/questions/item/{pk}/enemies/?q=stem"): (200, 403, 200, 403, 302, 302),
    ("get", "/admin/questions/item/{pk}/enemies/alike/"): (200, 403, 200, 403, 302, 302),
    # 302 leads back to the page.
    ("post", "/admin/questions/item/{pk}/enemies/add/"): (302, 403, 302, 403, 302, 302),
    ("post", "/admin/questions/item/{pk}/enemies/remove/"): (302, 403, 302, 403, 302, 302),
    ("get", "/admin/questions/item/{pk}/enemies/add/"): (405, 403, 405, 403, 302, 302),
    ("post", "/admin/questions/item/{pk}/publish/1/"): (403, 302, 302, 403, 302, 302),
    ("post", "/admin/questions/item/move/"): (200, 200, 200, 403, 302, 302),
    ("get", "/exhibits/{digest}.png"): (200, 200, 200, 200, 200, 200),
    ("get", "/admin/questions/item/999999/diff/"): (404, 404, 404, 404, 302, 302),
}


@pytest.fixture
def enter(client: Client) -> Callable[[str], Client]:
    def as_(who: str) -> Client:
        if who != "anonymous":
            user = make_user(who)
            if who != "candidate":
                roles.make_instructor(user=user, roles=[who])
            client.force_login(user)
        return client

    return as_


@pytest.mark.parametrize("door", DOORS, ids=" ".join)
@pytest.mark.parametrize("who", WHO)
def test_door_opens_to_whom_it_should(enter: Callable[[str], Client], who: str, door: tuple[str, str]) -> None:
    item = make_sample(make_bank())
    other = Item.objects.exclude(pk=item.pk)[0]
    stored = pictures.store(pictures.read(picture()), now=NOW)
    method, path = door
    client = enter(who)

    data = {"other": other.code} if method == "post" else None
    response = getattr(client, method)(path.format(pk=item.pk, digest=stored.pk), data)

    assert response.status_code == DOORS[door][WHO.index(who)]
    is_paired = EnemyPair.objects.exists()
    assert is_paired == (path.endswith("/add/") and method == "post" and who in ("author", "editor"))
    assert ItemVersion.objects.filter(item=item).count() == 1


@pytest.mark.parametrize(
    "path", ["/admin/questions/item/", "/admin/questions/item/?q=stem", "/admin/questions/item/?p=2"]
)
def test_list_of_items_takes_at_most_12_statements(enter: Callable[[str], Client], path: str) -> None:
    make_bank(forms=10)
    publish_form_a()
    client = enter("editor")
    client.get(path)
    assert Item.objects.count() >= 300

    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200

    assert len(queries) <= 12
