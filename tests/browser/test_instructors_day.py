"""An item's life in one day: written, linted, reviewed, piloted by three hundred people, promoted, put into a form."""

import json
import random
import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from accounts import roles
from accounts.models import User
from exams import attempts
from exams.models import Attempt, FormItem, Response, Score
from exams.tasks import score_attempt
from questions.models import Item, ItemStatus, Option
from tests.factories import PASSWORD, key_place, make_bank, make_user

PEOPLE = 300
CODE = "IM-0500"
SignIn = Callable[[BrowserContext, User], None]
DRAFT = {
    "Stem": "Look at the log. Which association service of the modality did the archive refuse",
    "Exhibit title": "Log of the archive",
    "Exhibit body": "09:14:02 A-ASSOCIATE-RQ  AE CT_ONE\n09:14:02 A-ASSOCIATE-AC  storage rejected",
    "Exhibit alt": "Two lines of a log",
    "References": '[{"source": "DICOM PS3.8", "locator": "9.3.3"}]',
}
OPTIONS = [
    ("Storage of images", True),
    ("Query of studies", False),
    ("Worklist retrieval", False),
    ("Print of films", False),
]


@pytest.fixture
def bank(transactional_db: None) -> None:
    """One form's worth, and a pilot in reserve; of Image Management no pilot, so that the new one is in every form."""
    make_bank(scored_count=20, pilot_count=10)
    Item.objects.filter(code__startswith="IM-", status=ItemStatus.PILOT).update(status=ItemStatus.RETIRED)


def person(name: str, *names: str) -> User:
    user = make_user(name)
    roles.make_instructor(user=user, roles=names)
    return user


@pytest.mark.django_db(transaction=True)
def test_from_a_blank_page_to_a_frozen_form(page: Page, bank: None, sign_in: SignIn) -> None:
    ann, rob, eve = person("ann", "author"), person("rob", "reviewer"), person("eve", "editor")

    sign_in(page.context, ann)
    write_and_send_to_review(page)
    sign_in(page.context, rob)
    review_and_publish(page)
    bring_back_pilots(but=1)
    sit_all_of_them()
    sign_in(page.context, eve)
    promote(page)
    bring_back_pilots(but=0)
    freeze_a_form_with_it(page)

    form_a = FormItem.objects.get(exam_form__published_number=1, item__code=CODE)
    assert form_a.is_scored


def write_and_send_to_review(page: Page) -> None:
    page.goto("/workshop/")
    page.get_by_role("link", name="Write an item").click()
    page.get_by_label("Code").fill(CODE)
    page.get_by_role("button", name="Save", exact=True).click()
    for label, text in DRAFT.items():
        page.get_by_label(label, exact=False).first.fill(text)
    page.get_by_label("Task").select_option(index=1)
    page.get_by_label("Exhibit kind").select_option("text")
    for number, (text, is_key) in enumerate(OPTIONS):
        page.locator(f"[name=options-{number}-text]").fill(text)
        page.locator(f"[name=options-{number}-rationale]").fill(
            f"The log says so of {text.lower()}, and the standard explains the refusal of it in the clause cited here."
        )
        if is_key:
            page.locator(f"[name=options-{number}-is_key]").check()
    # The linter's word appears at its field while one writes, and goes when the flaw is mended.
    expect(page.get_by_text("End the stem with a closed question")).to_be_visible()
    page.get_by_label("Stem").fill(DRAFT["Stem"] + "?")
    expect(page.get_by_text("End the stem with a closed question")).to_have_count(0)
    expect(page.locator("#preview").get_by_text("storage rejected")).to_be_visible()
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_text("is saved")).to_be_visible()
    move(page, "review", "Ready for a second pair of eyes.")


def move(page: Page, to: str, reason: str) -> None:
    page.goto(f"/workshop/items/{CODE}/")
    page.get_by_label("Move to").select_option(to)
    page.locator("form[action$='/move/'] [name=reason]").fill(reason)
    page.get_by_role("button", name="Move it").click()
    expect(page.get_by_text(f"{CODE}: now {to}.")).to_be_visible()


def review_and_publish(page: Page) -> None:
    page.goto("/workshop/")
    page.get_by_role("region", name="Waiting for review").get_by_role("link", name=CODE).click()
    page.get_by_role("textbox", name="Comment").fill("Clear, and the clause supports the key.")
    page.get_by_role("button", name="Add the comment").click()
    page.get_by_role("link", name="All versions, and editing").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("is published")).to_be_visible()
    assert Item.objects.get(code=CODE).status == ItemStatus.PILOT


def bring_back_pilots(*, but: int) -> None:
    """Of Image Management, as many as a form takes, less `but`."""
    held = Item.objects.filter(code__startswith="IM-", status=ItemStatus.RETIRED).exclude(code=CODE).order_by("code")
    for item in held[: held.count() - but]:
        Item.objects.filter(pk=item.pk).update(status=ItemStatus.PILOT)


def sit_all_of_them() -> None:
    """Some through the doors of the site: start, save every item, submit. Others' answers are stored at once, for all
    would take minutes. The able ones know more.
    """
    chance = random.Random(7)
    for number in range(PEOPLE):
        user = User.objects.create_user(f"c{number}@example.org", PASSWORD)
        way = sit if number % 30 == 0 else store
        way(user, ability=0.15 + 0.75 * chance.random(), chance=chance)
    assert Score.objects.count() == PEOPLE


def store(user: User, *, ability: float, chance: random.Random) -> None:
    attempt = attempts.start_mock(user=user, now=timezone.now())
    responses = list(attempt.responses.select_related("form_item"))
    for response in responses:
        place = key_place(response)
        response.chosen = place if chance.random() < ability else place % 4 + 1
        response.revision = 1
        response.visible_ms = 1000 * chance.randint(15, 90)
    Response.objects.bulk_update(responses, ["chosen", "revision", "visible_ms"])
    attempts.submit(user=user, public_id=attempt.public_id, now=timezone.now())
    score_attempt(attempt.pk)


def sit(user: User, *, ability: float, chance: random.Random) -> None:
    client = Client()
    client.force_login(user)
    client.post(reverse("exams:start"))
    attempt = Attempt.objects.get(user=user)
    for response in attempt.responses.select_related("form_item"):
        place = key_place(response)
        chosen = place if chance.random() < ability else place % 4 + 1
        saved = client.post(
            reverse("exams:save", args=[attempt.public_id]),
            {"item": response.position, "base": 0, "op_id": str(uuid.uuid4()), "chosen": chosen},
        )
        assert saved.json()["result"] == "saved"
    visible = {response.position: 1000 * chance.randint(15, 90) for response in attempt.responses.all()}
    client.post(reverse("exams:heartbeat", args=[attempt.public_id]), {"visible": json.dumps(visible)})
    client.post(reverse("exams:submit", args=[attempt.public_id]))
    client.get(reverse("exams:report", args=[attempt.public_id]))


def promote(page: Page) -> None:
    answers = Response.objects.filter(form_item__item__code=CODE)
    key = Option.objects.get(version__item__code=CODE, is_key=True).position
    right = sum(int(a.form_item.option_order[(a.chosen or 1) - 1]) == key for a in answers.select_related("form_item"))
    page.goto("/workshop/pilots/")
    row = page.get_by_role("row").filter(has_text=CODE)
    expect(row).to_contain_text(str(PEOPLE))
    row.get_by_role("link", name=CODE).click()
    expect(page.get_by_text(f"{right / PEOPLE:.2f}").first).to_be_visible()
    assert page.locator(".conditions .unmet").all_inner_texts() == []
    move(page, "operational", "Three hundred answers, every condition met.")


def freeze_a_form_with_it(page: Page) -> None:
    page.goto("/workshop/forms/build/")
    page.get_by_label("Forms", exact=False).first.fill("1")
    page.get_by_role("button", name="Look for such forms").click()
    expect(page.get_by_text("Every rule holds.")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="Freeze and publish").click()
    expect(page.get_by_text("Published: Form A.")).to_be_visible()


def test_one_sitting_in_the_browser_shows_the_new_item_as_any_other(page: Page, bank: None, sign_in: SignIn) -> None:
    """What a candidate meets tells neither that it is a pilot nor who wrote it."""
    alice = make_user()
    bring_back_pilots(but=0)
    sign_in(page.context, alice)
    page.goto("/mocks/")
    page.get_by_role("button", name="Start the exam now").click()
    page.wait_for_selector(".room.scripted")

    assert "pilot" not in page.content().lower()
    assert Attempt.objects.get(user=alice, started_at__lte=timezone.now()).is_open
