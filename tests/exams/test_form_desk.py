"""The form desk's pages: who may do what, what they show, and what a wish that cannot be read changes."""

import re

import pytest
import pytest_django
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import roles
from accounts.models import User
from exams import attempts, exam_forms, form_builds
from exams.form_problem import Wish
from exams.models import AnswerCount, BuildState, ExamForm, FormBuild
from questions.models import EnemyPair, Item, ItemStatus
from tests.factories import NOW, make_bank, make_user, publish_form_a, start

pytestmark = pytest.mark.django_db

WISH = {"number": 1, "overlap": 0, "shared": 0, "tolerance": "0.02", "spread": 1}


def person(role: str | None) -> User:
    user = make_user(role or "alice")
    if role:
        roles.make_instructor(user=user, roles=[role])
    return user


@pytest.fixture
def proposed() -> FormBuild:
    """Form A is published, and a build proposes one more."""
    make_bank(forms=2)
    publish_form_a()
    build = form_builds.ask(wish=Wish(1), by=make_user("ivy"), now=NOW)
    form_builds.run(build=build, clock=lambda: NOW)
    build.refresh_from_db()
    return build


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(person("editor"))
    return client


ROLES = [None, "invigilator", "author", "reviewer", "editor"]


@pytest.mark.parametrize(
    ("method", "path", "statuses"),
    [
        ("get", "/workshop/forms/", (404, 404, 200, 200, 200)),
        ("get", "/workshop/forms/1/", (404, 404, 200, 200, 200)),
        ("get", "/workshop/forms/builds/{pk}/", (404, 404, 200, 200, 200)),
        ("get", "/workshop/forms/build/", (404, 404, 403, 200, 200)),
        ("post", "/workshop/forms/build/", (404, 404, 403, 302, 302)),
        ("post", "/workshop/forms/builds/{pk}/freeze/", (404, 404, 403, 302, 302)),
        ("get", "/workshop/forms/builds/{pk}/freeze/", (405, 405, 405, 405, 405)),
        ("get", "/workshop/forms/2/", (404,) * 5),
        ("get", "/workshop/forms/builds/999/", (404,) * 5),
        ("post", "/workshop/forms/builds/999/freeze/", (404, 404, 403, 404, 404)),
    ],
)
@pytest.mark.parametrize("role", ROLES)
def test_who_may_do_what(
    client: Client, proposed: FormBuild, role: str | None, method: str, path: str, statuses: tuple[int, ...]
) -> None:
    client.force_login(person(role))
    may_sign = role in ("reviewer", "editor")

    status = getattr(client, method)(path.format(pk=proposed.pk), WISH).status_code

    assert status == statuses[ROLES.index(role)]
    is_frozen = ExamForm.objects.published().count() == 2
    assert is_frozen == (
        may_sign and method == "post" and path.format(pk=proposed.pk).endswith(f"{proposed.pk}/freeze/")
    )
    assert FormBuild.objects.count() == 1 + (may_sign and method == "post" and path == "/workshop/forms/build/")


@pytest.mark.parametrize("path", ["", "1/", "build/", "builds/1/", "builds/1/freeze/"])
def test_strangers_are_asked_to_sign_in(client: Client, path: str) -> None:
    assert client.post(f"/workshop/forms/{path}").status_code == 302


def text_of(client: Client, path: str) -> str:
    """The page's words, tags and spaces collapsed."""
    page = client.get(path).content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", page[page.index("<main") : page.index("</main>")]).split())


def test_list_says_what_is_published_and_what_can_be_built(editor: Client, proposed: FormBuild) -> None:
    alice = make_user("alice")
    attempts.submit(user=alice, public_id=start(alice).public_id, now=NOW)

    text = text_of(editor, "/workshop/forms/")

    assert "Form A Nov 2, 2026 drawn by lot 1 0 none predicted" in text
    assert "suffice for 1 fresh form ," in text
    assert "proposed 1 Ivy" in text


def test_list_without_content_says_how_to_load_some(editor: Client) -> None:
    assert "No outline is current" in text_of(editor, "/workshop/forms/")
    assert editor.get("/workshop/forms/build/").status_code == 302


def test_list_takes_the_same_statements_whatever_the_number_of_forms(editor: Client) -> None:
    make_bank(forms=4)
    counts = []
    for _ in range(3):
        publish_form_a()
        with CaptureQueriesContext(connection) as queries:
            editor.get("/workshop/forms/")
        counts.append(len(queries))

    assert len(set(counts)) == 1


def test_form_page_tells_coverage_keys_and_that_nothing_is_amiss(editor: Client, proposed: FormBuild) -> None:
    form = ExamForm.objects.get()
    places = [
        row.option_order.index(str(row.version.options.get(is_key=True).position)) for row in form.form_items.all()
    ]

    text = text_of(editor, "/workshop/forms/1/")

    assert "Domain IM 4 of 4 2 of 2" in text
    assert "recall 20 10 application 0 0 analysis 0 0" in text
    assert "IM-1 Task IM-1 4 2" in text
    assert " ".join(f"{letter} {places.count(n)}" for n, letter in enumerate("ABCD")) in text
    assert "No enemies and no two of a matched set are in it. No item has been retired or changed since." in text
    assert "not enough answers to any item yet" in text
    assert "off its quota" not in text


def test_form_page_names_what_is_amiss(editor: Client, proposed: FormBuild) -> None:
    form = ExamForm.objects.get()
    first, second, third, fourth, fifth = (
        row.item for row in form.form_items.filter(is_scored=True).order_by("item")[:5]
    )
    EnemyPair.objects.create(first=first, second=second)
    Item.objects.filter(pk__in=[third.pk, fourth.pk]).update(matched_set="pair")
    Item.objects.filter(pk=fifth.pk).update(status=ItemStatus.RETIRED)

    text = text_of(editor, "/workshop/forms/1/")

    assert f"{first} and {second}" in text
    assert f"{third} and {fourth}" in text
    assert (
        f"1 item retired or changed since. The form goes on serving what it was frozen with. {fifth} : retired now"
        in text
    )


def test_measured_difficulty_waits_for_thirty_answers(editor: Client, proposed: FormBuild) -> None:
    form = ExamForm.objects.get()
    shown, hidden = (row.version for row in form.form_items.filter(is_scored=True)[:2])
    key = shown.options.get(is_key=True).position
    for version, n in ((shown, 30), (hidden, 28)):
        AnswerCount.objects.create(version=version, is_scored=True, scored_count=20, answer=key, total=15, n=n // 2)
        AnswerCount.objects.create(
            version=version, is_scored=True, scored_count=20, answer=key % 4 + 1, total=9, n=n // 2
        )

    assert "Measured mean 0.500 1 of 20 scored items" in text_of(editor, "/workshop/forms/1/")


def test_wish_leads_to_a_proposal_and_the_freeze_to_a_form(editor: Client, proposed: FormBuild) -> None:
    response = editor.post("/workshop/forms/build/", WISH)

    build = FormBuild.objects.exclude(pk=proposed.pk).get()
    assert (response.headers["Location"], build.state) == (f"/workshop/forms/builds/{build.pk}/", BuildState.PROPOSED)
    text = text_of(editor, f"/workshop/forms/builds/{build.pk}/")
    assert "fresh items only, none shared between two new forms, mean predicted difficulty within 0.02" in text
    assert "Form B Mean predicted difficulty none predicted Scored items with a prediction 0" in text
    assert "Domain IM 4 + 2" in text

    page = editor.post(f"/workshop/forms/builds/{build.pk}/freeze/", follow=True).content.decode()

    assert "Published: Form B." in page
    assert exam_forms.disproofs(ExamForm.objects.get(published_number=2)) == []
    assert "Freeze and publish" not in editor.get(f"/workshop/forms/builds/{build.pk}/").content.decode()


def test_seeds_and_codes_stay_off_the_pages(editor: Client, proposed: FormBuild) -> None:
    assert proposed.result
    page = editor.get(f"/workshop/forms/builds/{proposed.pk}/").content.decode()

    assert proposed.result["forms"][0]["seed"] not in page
    assert not any(code in page for code in proposed.result["forms"][0]["codes"])


def test_proposal_with_overlaps_says_how_much_is_shared(editor: Client, proposed: FormBuild) -> None:
    editor.post("/workshop/forms/build/", WISH | {"number": 2, "overlap": 20, "shared": 10})

    build = FormBuild.objects.exclude(pk=proposed.pk).get()
    text = text_of(editor, f"/workshop/forms/builds/{build.pk}/")
    rows = re.findall(r"Shared with (Form [A-C]) (\d+|–) (\d+|–)", text)
    assert [name for name, _, _ in rows] == ["Form A", "Form B", "Form C"]
    assert all(int(shared) <= 20 for shared in rows[0][1:])
    assert rows[1][1] == rows[2][2] == "–"
    assert rows[1][2] == rows[2][1]
    assert int(rows[1][2]) <= 10


def test_refused_freeze_says_why_and_keeps_the_proposal(editor: Client, proposed: FormBuild) -> None:
    assert proposed.result
    code = proposed.result["forms"][0]["codes"][0]
    Item.objects.filter(code=code).update(status=ItemStatus.RETIRED)

    page = editor.post(f"/workshop/forms/builds/{proposed.pk}/freeze/", follow=True).content.decode()

    assert f"Nothing was published. {code} can no longer be drawn: it is retired" in page
    assert ExamForm.objects.count() == 1


def test_impossible_wish_is_answered_on_its_page(editor: Client, proposed: FormBuild) -> None:
    page = editor.post("/workshop/forms/build/", WISH | {"number": 2}, follow=True).content.decode()

    assert "The bank is too small for this wish." in page
    assert "Domain IM, scored: 2 forms need 8 fresh, the bank has 4." in page
    assert "1 form instead of 2 can be built as asked." in page
    assert "Freeze and publish" not in page


@pytest.mark.parametrize(
    "data",
    [
        {"number": 0}, {"number": 7}, {"number": "many"}, {"overlap": 31}, {"overlap": -1}, {"shared": 31},
        {"tolerance": "1.5"}, {"tolerance": "nan"}, {"tolerance": ""}, {"spread": 31},
    ],
)  # fmt: skip
def test_wish_that_cannot_be_read_is_refused_beside_its_field(
    editor: Client, proposed: FormBuild, data: dict[str, object]
) -> None:
    response = editor.post("/workshop/forms/build/", WISH | data)

    assert response.status_code == 422
    assert response.content.count(b"errorlist") == 1
    assert FormBuild.objects.get() == proposed


def test_search_under_way_asks_for_itself_until_it_ends(editor: Client, proposed: FormBuild) -> None:
    path = f"/workshop/forms/builds/{proposed.pk}/"
    FormBuild.objects.update(
        state=BuildState.RUNNING, heard_at=timezone.now(), done=1, total=4, message="trying 1 form"
    )

    page, fragment = editor.get(path), editor.get(path, headers={"HX-Request": "true"})

    assert page.headers["Vary"].count("HX-Request") == 1
    assert fragment.content.decode().startswith(f'<div id="build" hx-get="{path}" hx-trigger="every 2s"')
    assert b"<html" not in fragment.content
    assert b"Step 2 of 4: trying 1 form." in page.content
    assert b"load the page again" in page.content

    FormBuild.objects.update(state=BuildState.PROPOSED)
    assert b"hx-trigger" not in editor.get(path, headers={"HX-Request": "true"}).content


def test_search_that_fell_silent_stops_asking_and_says_so(editor: Client, proposed: FormBuild) -> None:
    FormBuild.objects.update(state=BuildState.RUNNING, heard_at=NOW.replace(year=2020))

    page = editor.get(f"/workshop/forms/builds/{proposed.pk}/").content.decode()

    assert "Nothing was heard of it since Nov 2, " in page
    assert "hx-trigger" not in page


def test_search_without_time_says_that_there_is_no_answer(
    editor: Client, proposed: FormBuild, settings: pytest_django.Settings
) -> None:
    settings.FORM_BUILD_SECONDS = 0

    page = editor.post("/workshop/forms/build/", WISH, follow=True).content.decode()

    assert "No answer" in page
    assert "it was not proved either that there are none" in page


def test_author_sees_a_proposal_and_no_button(client: Client, proposed: FormBuild) -> None:
    client.force_login(person("author"))

    assert "Freeze and publish" not in client.get(f"/workshop/forms/builds/{proposed.pk}/").content.decode()
    assert "Forms are built by those who may publish items." in client.get("/workshop/forms/").content.decode()
