"""The form desk in a real browser: accessible in every look, and a search that shows its end by itself."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from accounts import roles
from accounts.models import User
from exams import form_builds
from exams.form_problem import Wish
from exams.models import BuildState, FormBuild
from questions.models import Item, ItemStatus
from tests.browser.exam_room import Axe
from tests.browser.test_accessibility import assert_accessible
from tests.factories import make_bank, make_user, publish_form_a


@pytest.fixture
def editor(page: Page, transactional_db: None, sign_in: Callable[[BrowserContext, User], None]) -> User:
    make_bank(forms=4)
    publish_form_a(now=timezone.now())
    user = make_user("ivy")
    roles.make_instructor(user=user, roles=["editor"])
    sign_in(page.context, user)
    return user


def build_by(user: User, wish: Wish) -> FormBuild:
    build = form_builds.ask(wish=wish, by=user, now=timezone.now())
    form_builds.run(build=build, clock=timezone.now)
    return build


@pytest.mark.parametrize("path", ["", "1/", "build/", "../coverage/"])
def test_desk_is_accessible(page: Page, editor: User, axe_findings: Axe, path: str) -> None:
    scored = Item.objects.filter(status=ItemStatus.OPERATIONAL).first()
    assert scored
    Item.objects.filter(pk=scored.pk).update(status=ItemStatus.RETIRED)
    page.goto(f"/workshop/forms/{path}")

    assert_accessible(page, axe_findings)


@pytest.mark.parametrize("forms", [3, 6])
def test_proposal_and_refusal_are_accessible(page: Page, editor: User, axe_findings: Axe, forms: int) -> None:
    page.goto(f"/workshop/forms/builds/{build_by(editor, Wish(forms)).pk}/")

    assert_accessible(page, axe_findings)


def test_search_shows_its_proposal_without_a_reload_and_it_can_be_frozen(
    page: Page, editor: User, axe_findings: Axe
) -> None:
    build = form_builds.ask(wish=Wish(2), by=editor, now=timezone.now())
    page.goto(f"/workshop/forms/builds/{build.pk}/")
    expect(page.get_by_role("heading", name="Waiting for a worker")).to_be_visible()
    assert_accessible(page, axe_findings)

    form_builds.run(build=build, clock=timezone.now)
    expect(page.get_by_text("Every rule holds.")).to_be_visible()
    page.get_by_role("button", name="Freeze and publish").click()

    expect(page.get_by_text("Published: Form B, Form C.")).to_be_visible()
    build.refresh_from_db()
    assert build.state == BuildState.FROZEN
