"""Two people form a group in two browsers, sit the same form and hold a session on what most of them missed."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.models import Membership, Share, StudyGroup, User
from exams import attempts, scoring
from exams.groups import discussion, shared_forms
from exams.models import Attempt, FormItem, GroupComment, GroupExam
from tests.browser.exam_room import Axe, ExamRoom
from tests.browser.test_accessibility import assert_accessible, open_details
from tests.factories import PASSWORD, answer_all, join_group, make_bank, make_group, make_user, publish_form_a

SignIn = Callable[[BrowserContext, User], None]


def sit(user: User, exam: GroupExam, *, right: int) -> Attempt:
    """By the engine alone, an hour ago."""
    then = timezone.now() - timedelta(hours=1)
    attempt = attempts.start_mock(user=user, exam_form=exam.exam_form, now=then)
    answer_all(attempt, right=right)
    attempt = attempts.submit(user=user, public_id=attempt.public_id, now=then + timedelta(minutes=30))
    scoring.ensure_scored(attempt=attempt, now=timezone.now())
    return attempt


def finish_in_room(page: Page, user: User) -> None:
    """Start from the group's page, answer the first item in the room and end the exam there; the rest as on paper."""
    page.get_by_role("button", name="Start Form A now").click()
    expect(page).to_have_url(re.compile("/attempts/"))
    attempt = Attempt.objects.get(user=user)
    room = ExamRoom(page, attempt)
    room.expect_ready()
    room.press("a")
    room.expect_saved()
    answer_rest(attempt)
    room.reload()
    room.go_to_end_dialog()
    page.get_by_role("button", name="End the exam").click()
    room.expect_report()


def answer_rest(attempt: Attempt) -> None:
    """Everything with the first option, which is the key of every fourth item."""
    attempt.responses.filter(chosen=None).update(chosen=1, answered_at=timezone.now())


def make_group_with_link(page: Page) -> tuple[StudyGroup, str]:
    page.goto("/groups/")
    page.get_by_role("link", name="Make a group").click()
    page.get_by_label("Name").fill("Evening group")
    page.get_by_role("button", name="Make the group").click()
    page.get_by_role("button", name="Make a link").click()
    return StudyGroup.objects.get(), page.get_by_role("textbox", name="Link").input_value()


def join_without_an_account(page: Page, link: str, axe_findings: Axe) -> User:
    """No request from the first page on tells where it came from."""
    referrers: list[str] = []
    page.on("request", lambda request: referrers.append(request.headers.get("referer", "")))
    page.goto(link)
    expect(page.get_by_text("Alice invites you to the study group “Evening group”.")).to_be_visible()
    assert_accessible(page, axe_findings)
    page.get_by_role("link", name="Sign up and go on").click()
    page.get_by_label("Email").fill("bob@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Name").fill("Bob")
    page.get_by_label("I accept").check()
    page.get_by_role("button", name="Create the account").click()
    page.get_by_label("My domains").check()
    assert_accessible(page, axe_findings)
    page.get_by_role("button", name="Join the group").click()
    expect(page.get_by_text("Welcome to Evening group.")).to_be_visible()
    assert link.split("/join/")[1].strip("/") not in " ".join(referrers)
    return User.objects.get(email="bob@example.org")


def talk(page: Page, text: str) -> None:
    page.get_by_label("Write to the group").fill(text)
    page.get_by_role("button", name="Send").click()


def choose_a_form(page: Page, group: StudyGroup) -> None:
    page.goto(f"/groups/{group.public_id}/")
    page.get_by_role("link", name="Choose a form").click()
    page.get_by_role("button", name="Share it").click()


def four_others_sit(group: StudyGroup) -> None:
    for n in range(4):
        user = make_user(f"person-{n}")
        join_group(group, user, share=Share.SCORES)
        sit(user, GroupExam.objects.get(), right=15)


@pytest.mark.usefixtures("transactional_db")
def test_two_browsers_form_a_group_sit_a_form_and_hold_a_session(
    page: Page, browser: Browser, base_url: str, sign_in: SignIn, axe_findings: Axe
) -> None:
    make_bank()
    publish_form_a(now=timezone.now() - timedelta(days=1))
    alice = make_user()
    sign_in(page.context, alice)
    elsewhere = browser.new_context(base_url=base_url, reduced_motion="reduce")
    bobs = elsewhere.new_page()
    group, link = make_group_with_link(page)
    bob = join_without_an_account(bobs, link, axe_findings)
    path = f"/groups/{group.public_id}/forms/1/"

    # She chooses a form. Four others sit it, then both do.
    choose_a_form(page, group)
    four_others_sit(group)
    for browsing, user in ((page, alice), (bobs, bob)):
        browsing.goto(path)
        expect(browsing.get_by_text("opens when you have finished the form")).to_be_visible()
        finish_in_room(browsing, user)

    # Alice shares only that she practises, so five count. They talk about the hardest item.
    bobs.goto(path)
    expect(bobs.get_by_text("From 5 members who have finished it")).to_be_visible()
    bobs.get_by_role("link", name="Begin with the hardest").click()
    talk(bobs, "I took the *first* one. Why not?")
    page.goto(path)
    page.get_by_role("link", name="Begin with the hardest").click()
    expect(page.get_by_role("article").get_by_text("I took the first one. Why not?")).to_be_visible()
    expect(page.get_by_text("chosen by")).to_have_count(4)
    talk(page, "Read the reason under it.")
    assert_accessible(page, axe_findings)
    bobs.reload()
    expect(bobs.get_by_text("Read the reason under it.")).to_be_visible()

    # Bob leaves: four are left who count, and the group is closed to him.
    bobs.goto(f"/groups/{group.public_id}/leave/")
    bobs.get_by_role("button", name="Leave the group").click()
    expect(bobs.get_by_text("You have left Evening group.")).to_be_visible()
    gone = bobs.goto(path)
    page.goto(path)
    expect(page.get_by_text("Not enough yet: 4 of 5.")).to_be_visible()
    assert (gone and gone.status, Membership.objects.filter(user=bob).exists()) == (404, False)
    elsewhere.close()


@pytest.fixture
def exam(transactional_db: None, page: Page, sign_in: SignIn) -> GroupExam:
    """Alice owns a group of seven who have finished Form A; somebody asks to come in, somebody wrote, one is hidden."""
    now = timezone.now()
    make_bank(forms=2)
    forms = [publish_form_a(now=now), publish_form_a(now=now)]
    alice = make_user()
    group = make_group(alice, now=now)
    StudyGroup.objects.update(description="Thursdays at eight.", exam_on=now.date() + timedelta(days=30))
    exam = shared_forms.share(
        group=group, exam_form=forms[0], first=now.date() - timedelta(days=2), last=now.date(), by=alice
    )
    people = [make_user(f"person-{n}") for n in range(6)]
    for user in people:
        join_group(group, user, share=Share.SCORES, instructor=user == people[0])
    join_group(group, make_user("henry"), asked=True)
    for n, user in enumerate([alice, *people]):
        sit(user, exam, right=10 + n)
    for form_item in (None, *FormItem.objects.filter(exam_form=exam.exam_form, position=1)):
        for n, user in enumerate(people[:3]):
            discussion.write(exam=exam, form_item=form_item, author=user, text=f"Number {n}: `code`", now=now)
    for comment in GroupComment.objects.filter(author=people[2]):
        discussion.report(comment=comment, by=people[3], reason="Rude", now=now)
    discussion.hide(comment=GroupComment.objects.order_by("pk")[0], reason="Rude", now=now)
    sign_in(page.context, alice)
    return exam


PATHS = [
    "", "settings/", "close/", "sharing/", "leave/", "members/", "members/{member}/remove/",
    "members/{member}/hand-over/", "invitations/", "forms/", "forms/1/", "forms/1/days/", "forms/1/withdraw/",
    "forms/1/items/1/", "comments/", "comments/{comment}/hide/",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_page_of_a_group_is_accessible(page: Page, exam: GroupExam, axe_findings: Axe, path: str) -> None:
    member = exam.group.memberships.get(user__name="Person-1")
    comment = GroupComment.objects.order_by("pk")[1]
    page.goto(f"/groups/{exam.group.public_id}/{path.format(member=member.pk, comment=comment.pk)}")
    if path == "invitations/":
        page.get_by_role("button", name="Make a link").click()
        expect(page.get_by_role("textbox", name="Link")).to_be_visible()
    open_details(page)

    assert_accessible(page, axe_findings)


@pytest.mark.parametrize("path", ["/groups/", "/groups/new/", "report"])
def test_page_beside_a_group_is_accessible(page: Page, exam: GroupExam, axe_findings: Axe, path: str) -> None:
    if path == "report":
        path = f"/attempts/{Attempt.objects.get(user=exam.group.owner).public_id}/report/"
    page.goto(path)
    if "report" in path:
        expect(page.get_by_role("heading", name="The same form in your groups")).to_be_visible()

    assert_accessible(page, axe_findings)


@pytest.mark.usefixtures("failing_requests")
def test_invitation_that_leads_nowhere_is_accessible(page: Page, exam: GroupExam, axe_findings: Axe) -> None:
    page.goto("/join/unknown/")

    assert_accessible(page, axe_findings)
