"""Writing an item in a real browser: by keyboard, with and without scripts, by day and by night."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, FloatRect, Page, expect

from accounts import roles
from accounts.models import User
from exams import attempts
from questions.models import EnemyPair, Item, ItemVersion
from tests.browser.exam_room import Axe, ExamRoom
from tests.factories import make_bank, make_sample, make_user, publish_form_a, start
from tests.questions.test_exhibit_images import show_picture
from tests.questions.test_pictures import picture

SignIn = Callable[[BrowserContext, User], None]
WIDE = picture("JPEG", size=(1600, 900), mode="L")


@pytest.fixture
def item(transactional_db: None) -> Item:
    return make_sample(make_bank())


@pytest.fixture
def editor(item: Item, page: Page, sign_in: SignIn) -> User:
    user = make_user("ed")
    roles.make_instructor(user=user, roles=["editor"])
    sign_in(page.context, user)
    return user


@pytest.fixture
def draft(item: Item, editor: User) -> str:
    return f"/admin/questions/item/{item.pk}/draft/"


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent || document.activeElement.id"))


def test_options_are_written_and_put_in_order_by_keyboard(page: Page, draft: str, item: Item) -> None:
    page.goto(draft)

    page.get_by_role("button", name="Move up option 3").press("Enter")
    expect(page.get_by_label("Text").nth(1)).to_have_value("Value 3 of IM-0901")
    assert focused(page) == "Move up option 2"
    page.keyboard.press("Enter")
    expect(page.get_by_label("Text").nth(0)).to_have_value("Value 3 of IM-0901")
    assert focused(page) == "Move down option 1"

    page.get_by_role("button", name="Add an option").press("Enter")
    expect(page.get_by_label("Text")).to_have_count(5)
    assert focused(page) == "id_options-4-text"
    page.keyboard.type("A fifth value")
    # Enter in a field saves; no step of the options is the first button of the form.
    page.keyboard.press("Enter")

    expect(page.get_by_text("is saved")).to_be_visible()
    texts = list(item.versions.get(number=2).options.order_by("position").values_list("text", flat=True))
    assert texts == [f"Value {n} of IM-0901" for n in (3, 1, 2, 4)] + ["A fifth value"]


def test_picture_is_uploaded_seen_and_saved(page: Page, draft: str, item: Item, tmp_path: Path) -> None:
    (tmp_path / "screen.jpg").write_bytes(WIDE)
    page.goto(draft)
    page.get_by_label("Exhibit title").fill("Test screen")
    page.get_by_label("Exhibit alt").fill("A grey ramp")
    page.get_by_label("Picture or drawing file").set_input_files(tmp_path / "screen.jpg")
    page.get_by_role("button", name="Upload the file").press("Enter")

    seen = page.locator("#preview").get_by_role("img", name="A grey ramp")
    expect(seen).to_be_visible()
    expect(seen).to_have_js_property("naturalWidth", 1600)
    assert focused(page) == "Upload the file"
    expect(page.get_by_label("Exhibit kind")).to_have_value("image")
    expect(page.get_by_label("Exhibit title")).to_have_value("Test screen")
    page.get_by_role("button", name="Save as a new version").press("Enter")

    expect(page.get_by_text("is saved")).to_be_visible()
    assert item.versions.get(number=2).exhibit_kind == "image"
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        assert_fits(page, page.get_by_role("img", name="A grey ramp").first.bounding_box())


def assert_fits(page: Page, box: FloatRect | None) -> None:
    width = page.evaluate("document.documentElement.clientWidth")
    assert box
    assert box["x"] + box["width"] <= width
    # The proportion of 16 to 9 is kept.
    assert box["width"] / box["height"] == pytest.approx(16 / 9, rel=0.02)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_enemy_is_found_while_typing_and_added_by_keyboard(page: Page, item: Item, editor: User) -> None:
    other = Item.objects.filter(status="pilot")[0]
    page.goto(f"/admin/questions/item/{item.pk}/enemies/")

    page.get_by_label("Code, or words of the stem").press_sequentially(other.code.lower())
    page.get_by_role("button", name=f"Add {other.code}").press("Enter")

    expect(page.get_by_text("share no form from now on")).to_be_visible()
    assert EnemyPair.objects.count() == 1
    page.get_by_role("button", name=f"Remove {other.code}").press("Enter")
    expect(page.get_by_text("may share a form again")).to_be_visible()
    assert not EnemyPair.objects.exists()


def test_everything_works_without_scripts(browser: Browser, base_url: str, item: Item, editor: User, sign_in: SignIn,
                                          tmp_path: Path) -> None:  # fmt: skip
    other = Item.objects.filter(status="pilot")[0]
    (tmp_path / "x.png").write_bytes(picture())
    context = browser.new_context(base_url=base_url, java_script_enabled=False)
    sign_in(context, editor)
    page = context.new_page()

    page.goto(f"/admin/questions/item/{item.pk}/draft/")
    page.get_by_role("button", name="Move down option 1").click()
    expect(page.get_by_label("Text").nth(1)).to_have_value("Value 1 of IM-0901")
    page.get_by_label("Picture or drawing file").set_input_files(tmp_path / "x.png")
    page.get_by_role("button", name="Upload the file").click()
    expect(page.get_by_text("A picture is stored")).to_be_visible()

    page.goto(f"/admin/questions/item/{item.pk}/enemies/")
    page.get_by_label("Code, or words of the stem").fill(other.code)
    page.get_by_role("button", name="Search").click()
    page.get_by_role("button", name=f"Add {other.code}").click()
    expect(page.get_by_text("share no form from now on")).to_be_visible()
    page.get_by_role("link", name="Show the items of the bank that are most alike").click()
    expect(page.get_by_role("heading", name="The most alike")).to_be_visible()
    context.close()


def test_pages_of_an_item_are_accessible(
    page: Page, item: Item, draft: str, axe_findings: Axe, console_errors: list[str]
) -> None:
    show_picture(item, WIDE)
    other = Item.objects.filter(status="pilot")[0]
    EnemyPair.objects.create(first=min(item, other, key=id_of), second=max(item, other, key=id_of))
    root = f"/admin/questions/item/{item.pk}"
    for path in (draft, f"{root}/diff/", f"{root}/enemies/?q=stem&alike", f"{root}/change/"):
        page.goto(path)
        assert_clean(page, axe_findings, console_errors)


def id_of(item: Item) -> int:
    return item.pk


def test_conflict_is_accessible(
    page: Page, item: Item, draft: str, axe_findings: Axe, console_errors: list[str]
) -> None:
    page.goto(draft)
    show_picture(item, WIDE)
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_role("heading", name="Somebody saved a newer version meanwhile")).to_be_visible()

    assert_clean(page, axe_findings, console_errors)


@pytest.mark.usefixtures("editor")
def test_bulk_move_is_accessible_and_works_by_keyboard(
    page: Page, item: Item, axe_findings: Axe, console_errors: list[str]
) -> None:
    page.goto("/admin/questions/item/?status__exact=pilot")
    for box in page.locator("input.action-select").all()[:2]:
        box.press("Space")
    page.locator("select[name=action]").select_option("move")
    page.get_by_role("button", name="Run").or_(page.get_by_role("button", name="Go")).press("Enter")
    page.get_by_label("Move to").select_option("operational")
    page.get_by_role("button", name="See who can move").press("Enter")
    expect(page.get_by_role("heading", name="2 can go to operational")).to_be_visible()
    assert_clean(page, axe_findings, console_errors)

    page.get_by_label("Reason").fill("Ready since May.")
    page.get_by_role("button", name="Move 2 items to operational").press("Enter")

    expect(page.get_by_text("2 moved to operational")).to_be_visible()


def assert_clean(page: Page, axe_findings: Axe, console_errors: list[str]) -> None:
    page.wait_for_load_state("networkidle")
    before = list(console_errors)
    for scheme in ("light", "dark"):
        for width in (1280, 390):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 800})
            # The admin's colours fade from one scheme into the other.
            page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished))")
            assert (page.url, scheme, width, axe_findings(page)) == (page.url, scheme, width, {})
            overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert (page.url, width, page.evaluate(overflow)) == (page.url, width, 0)
    # What axe itself tried to style on the way is no fault of the page.
    console_errors[:] = before


def test_picture_is_seen_in_every_room_and_the_report(page: Page, alice: User, sign_in: SignIn) -> None:
    make_bank()
    for item in Item.objects.filter(status__in=["pilot", "operational"]).select_related("published_version__task"):
        show_picture(item, WIDE)
    publish_form_a(now=timezone.now())
    attempt = start(alice, now=timezone.now())
    sign_in(page.context, alice)
    page.set_viewport_size({"width": 390, "height": 800})

    room = ExamRoom(page, attempt).open(at=1)
    image = page.locator("#item-1 img, .item:visible img, img.exhibit-picture:visible").first
    expect(image).to_be_visible()
    expect(image).to_have_js_property("naturalWidth", 1600)
    assert_fits(page, image.bounding_box())
    room.item.get_by_role("button", name="Enlarge").click()
    expect(page.locator("#zoom-body img")).to_be_visible()
    page.get_by_role("button", name="Close", exact=True).click()

    page.goto(room.path + "items/1/")
    assert_fits(page, page.get_by_role("img", name="A grey ramp").first.bounding_box())

    attempts.submit(user=alice, public_id=attempt.public_id, now=timezone.now())
    page.goto(room.path + "report/")
    page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")
    assert_fits(page, page.get_by_role("img", name="A grey ramp").first.bounding_box())
    assert ItemVersion.objects.filter(exhibit_kind="image").exists()
