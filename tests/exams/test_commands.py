"""The commands that stay: their words and their JSON."""

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from exams import attempts
from exams.models import Attempt, ExamForm
from questions.models import Item, ItemStatus
from tests.factories import NOW, make_bank, make_outline, make_user, publish_form_a, start

pytestmark = pytest.mark.django_db


def printed(capsys: pytest.CaptureFixture[str], *command: str) -> dict[str, Any]:
    call_command(*command)
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def test_assemble_form_prints_a_form_and_stores_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    outline = make_bank()

    form = printed(capsys, "assemble_form", "--seed", "x", "--json")

    assert (form["seed"], form["outline"], form["algorithm"], len(form["pool_digest"])) == ("x", outline.code, 1, 64)
    assert [item["position"] for item in form["items"]] == list(range(1, 31))
    assert set(form["items"][0]) == {"position", "item", "version", "domain", "scored"}
    assert sum(item["scored"] for item in form["items"]) == 20
    assert not ExamForm.objects.exists()


def test_assemble_form_twice_prints_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    make_bank(forms=2)

    assert printed(capsys, "assemble_form", "--seed", "x", "--json") == printed(
        capsys, "assemble_form", "--seed", "x", "--json"
    )


def test_assemble_form_with_save_stores_what_it_prints(capsys: pytest.CaptureFixture[str]) -> None:
    make_bank(forms=2)
    make_user("alice")

    form = printed(capsys, "assemble_form", "--seed", "x", "--user", "Alice@example.org", "--save", "--json")

    stored = ExamForm.objects.get()
    assert (stored.seed, stored.pool_digest, str(stored.drawn_for)) == ("x", form["pool_digest"], "Alice")
    assert [item["item"] for item in form["items"]] == list(stored.form_items.values_list("item__code", flat=True))


def test_assemble_form_fresh_only_never_reuses(capsys: pytest.CaptureFixture[str]) -> None:
    make_bank(forms=2)
    alice = make_user("alice")
    seen = set(start(alice).exam_form.form_items.values_list("item__code", flat=True))

    form = printed(capsys, "assemble_form", "--seed", "x", "--user", alice.email, "--fresh-only", "--json")

    assert not seen & {item["item"] for item in form["items"]}
    attempts.submit(user=alice, public_id=Attempt.objects.get().public_id, now=NOW)
    start(alice)
    with pytest.raises(CommandError, match="Domain PROC lacks 1 of 1 scored items"):
        call_command("assemble_form", "--seed", "x", "--user", alice.email, "--fresh-only")


def test_assemble_form_for_nobody_known_says_so() -> None:
    make_bank()

    with pytest.raises(CommandError, match="No user has the e-mail address"):
        call_command("assemble_form", "--seed", "x", "--user", "nobody@example.org")


def test_publish_form_refuses_when_what_is_left_is_too_small(capsys: pytest.CaptureFixture[str]) -> None:
    make_bank()
    call_command("publish_form")

    with pytest.raises(CommandError, match="The bank is too small: Domain PROC lacks 1 of 1 scored items"):
        call_command("publish_form")
    assert [form.title for form in ExamForm.objects.all()] == ["Form A"]


def test_export_has_the_fields_that_programs_rely_on(capsys: pytest.CaptureFixture[str]) -> None:
    make_bank()

    call_command("export_bank", "--json")

    items = json.loads(capsys.readouterr().out)
    assert len(items) == 30
    names = {"id", "version", "domain", "task", "status", "stem", "options", "references", "cognitive", "enemies"}
    assert names <= set(items[0])
    assert [set(option) for option in items[0]["options"]] == [{"text", "key", "rationale"}] * 4


def test_close_overdue_attempts_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    make_bank()
    start(make_user())

    call_command("close_overdue_attempts")

    assert capsys.readouterr().out == "1 closed, 1 scored\n"


def test_start_in_a_bank_that_is_too_small_names_the_domains(client: Client) -> None:
    make_bank()
    Item.objects.filter(code__startswith="OPS").update(status=ItemStatus.RETIRED)
    client.force_login(make_user())

    page = client.post(reverse("exams:start"), follow=True).content.decode()

    assert "Domain OPS lacks 1 of 1 pilot items; Domain OPS lacks 2 of 2 scored items" in page
    assert not Attempt.objects.exists()


def test_start_without_any_content_says_what_to_run(client: Client) -> None:
    client.force_login(make_user())

    assert "load_content" in client.post(reverse("exams:start"), follow=True).content.decode()


def test_empty_bank_with_an_outline_still_shows_the_pages(client: Client) -> None:
    make_outline()
    client.force_login(make_user())

    assert [client.get(path).status_code for path in ("/", reverse("exams:mocks"), "/samples/")] == [200] * 3


def test_published_form_is_the_same_for_everybody() -> None:
    make_bank(forms=2)
    form = publish_form_a()

    assert {start(make_user(name)).exam_form for name in ("alice", "bob")} == {form}
