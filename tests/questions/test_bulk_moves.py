"""Many items at once: the page says who can go and who cannot and why; one reason is signed for those that can."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts import roles
from accounts.models import User
from questions import workflow
from questions.models import Item, ItemStatus, ItemTransition, ItemVersion
from tests.factories import make_bank, make_user

pytestmark = pytest.mark.django_db

LIST, MOVE = "/admin/questions/item/", "/admin/questions/item/move/"


@pytest.fixture
def pilots() -> list[Item]:
    make_bank()
    return list(Item.objects.filter(status=ItemStatus.PILOT).order_by("code")[:4])


@pytest.fixture
def editor(client: Client) -> User:
    user = make_user("ed")
    roles.make_instructor(user=user, roles=["editor"])
    client.force_login(user)
    return user


def ids(items: list[Item]) -> str:
    return ",".join(str(item.pk) for item in items)


def statuses(items: list[Item]) -> list[str]:
    return [Item.objects.get(pk=item.pk).status for item in items]


def post(client: Client, items: list[Item], **data: Any) -> str:
    response = client.post(MOVE, {"items": ids(items), "to": "operational", **data}, follow=True)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.mark.usefixtures("editor")
def test_action_leads_from_the_list_to_the_choice_of_a_status(client: Client, pilots: list[Item]) -> None:
    chosen = {"action": "move", "_selected_action": [item.pk for item in pilots]}

    html = client.post(LIST, chosen).content.decode()

    assert "Move 4 items" in html
    assert all(item.code in html for item in pilots)
    assert f'value="{ids(pilots)}"' in html
    assert "<option" in html
    assert "retired</option>" in html


@pytest.mark.usefixtures("editor")
def test_preview_names_who_can_and_who_cannot_and_moves_nothing(client: Client, pilots: list[Item]) -> None:
    draft = Item.objects.create(code="IM-9999")

    html = post(client, [*pilots, draft], do="preview")

    assert "4 can go to operational" in html
    assert "1 cannot go to operational" in html
    assert "there is no move from draft to operational" in html
    assert set(statuses(pilots)) == {"pilot"}
    assert "errorlist" not in html


def test_signed_move_goes_into_every_history(client: Client, pilots: list[Item], editor: User) -> None:
    html = post(client, pilots, do="sign", reason="Ready since May.")

    assert "4 moved to operational" in html
    assert set(statuses(pilots)) == {"operational"}
    moves = ItemTransition.objects.filter(to_status="operational")
    assert {(t.item_id, t.by_id, t.reason) for t in moves} == {(i.pk, editor.pk, "Ready since May.") for i in pilots}


@pytest.mark.usefixtures("editor")
def test_those_that_can_move_by_a_tick_alone(client: Client, pilots: list[Item]) -> None:
    draft = Item.objects.create(code="IM-9999")
    chosen = [*pilots, draft]

    refused = post(client, chosen, do="sign", reason="Ready.")
    assert "Tick this to move the others" in refused
    assert set(statuses(pilots)) == {"pilot"}

    post(client, chosen, do="sign", reason="Ready.", those_that_can="on")
    assert set(statuses(pilots)) == {"operational"}
    assert statuses([draft]) == ["draft"]


@pytest.mark.usefixtures("editor")
def test_move_needs_a_reason(client: Client, pilots: list[Item]) -> None:
    html = post(client, pilots, do="sign", reason="  ")

    assert "This field is required" in html
    assert set(statuses(pilots)) == {"pilot"}


@pytest.mark.usefixtures("editor")
def test_mates_left_behind_are_named(client: Client, pilots: list[Item]) -> None:
    one, mate, *_ = pilots
    Item.objects.filter(pk__in=[one.pk, mate.pk]).update(matched_set="set-1")

    html = post(client, [one], do="preview", to="retired")

    assert f"a matched set stays together; move {mate.code} too" in html
    assert "None of them can" in html


def test_item_that_stays_keeps_its_mate(pilots: list[Item], editor: User) -> None:
    own, mate, other, _ = pilots
    Item.objects.filter(pk__in=[own.pk, mate.pk]).update(matched_set="set-1")
    ItemVersion.objects.filter(item=own).update(author=editor)
    items = list(Item.objects.filter(pk__in=[own.pk, mate.pk, other.pk]).select_related("published_version"))

    can, refusals = workflow.sort_out(items, "operational", editor)

    assert can == [other]
    assert [refusal.item for refusal in refusals] == [own, mate]
    assert "somebody else has to sign" in refusals[0].why
    assert f"move {own.code} too" in refusals[1].why


def test_reviewer_and_author_are_offered_their_own_moves(client: Client, pilots: list[Item]) -> None:
    draft = Item.objects.create(code="IM-9999")
    for role, offered in {"author": {"review"}, "reviewer": {"retired"}}.items():
        user = make_user(role)
        roles.make_instructor(user=user, roles=[role])
        client.force_login(user)
        response = client.post(LIST, {"action": "move", "_selected_action": [draft.pk]})
        assert {to for to, _ in response.context["form"].fields["to"].choices} == offered


@pytest.mark.usefixtures("editor")
@pytest.mark.parametrize(
    "data", [{"items": ""}, {"items": "x,,9999999,-1,9" + "9" * 40}, {"to": "lost"}, {"to": ""}, {"items": "\x00"}]
)
def test_nonsense_moves_nothing(client: Client, pilots: list[Item], data: dict[str, str]) -> None:
    response = client.post(MOVE, {"items": ids(pilots), "to": "operational", "do": "sign", "reason": "x"} | data)

    assert response.status_code == 200
    assert set(statuses(pilots)) == {"pilot"}


@pytest.mark.usefixtures("editor")
def test_too_many_items_are_refused_with_words(
    client: Client, pilots: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("questions.admin.moves.MOST", 3)

    html = client.post(LIST, {"action": "move", "_selected_action": [i.pk for i in pilots]}, follow=True)

    assert "At most 3 items can be moved at once" in html.content.decode()


@pytest.mark.usefixtures("editor")
def test_page_of_moves_takes_no_get(client: Client) -> None:
    assert client.get(MOVE).status_code == 405
    assert client.get(reverse("admin:questions_item_move")).status_code == 405
