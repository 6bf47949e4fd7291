"""Guides: complete texts, what the bank cites, sample questions, and one's own standing."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.models import User
from exams import attempts, guide_texts, guides
from exams.models import Attempt, PracticeMode
from exams.practice import sessions
from exams.shipped import BANK, current_outline
from questions import bank_yaml
from questions.models import Domain, Item, ItemStatus, ItemVersion
from tests.exams.test_plan_pages import words
from tests.exams.test_practice_sessions import begin, do
from tests.factories import (
    NOW,
    WEIGHTS,
    answer_all,
    make_bank,
    make_outline,
    make_sample,
    make_user,
    publish_form_a,
    start,
)

FILES = sorted(guide_texts.GUIDES.glob("*.yaml"))


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return words(answer.content)


@pytest.fixture
def alice(client: Client, db: None) -> User:
    make_bank(forms=6)
    alice = make_user()
    client.force_login(alice)
    return alice


# --- The texts ----------------------------------------------------------------------------------------------------


def topics_in_files() -> dict[str, str]:
    return {
        topic: phrase
        for path in FILES
        for task in bank_yaml.read(path)["tasks"]
        for topic, phrase in task["topics"].items()
    }


def test_texts_cover_every_domain_and_every_task_in_order() -> None:
    outline = current_outline()

    found = {code: list(text.topics) for code, text in guide_texts.texts().items()}

    assert found == {domain["code"]: [task["code"] for task in domain["tasks"]] for domain in outline["domains"]}
    assert sum(len(tasks) for tasks in found.values()) == 39


def test_texts_name_every_topic_that_the_bank_tests() -> None:
    topics = topics_in_files()

    assert len(topics) >= 300
    assert {row["topic"] for row in bank_yaml.read(BANK / "ledger.yaml")} <= topics.keys()


def test_topics_are_short_plain_phrases_under_their_task() -> None:
    for path in FILES:
        for task in bank_yaml.read(path)["tasks"]:
            assert [topic.rpartition("-")[0] for topic in task["topics"]] == [task["code"]] * len(task["topics"])
    for topic, phrase in topics_in_files().items():
        assert 12 <= len(phrase) <= 130, topic
        assert phrase[-1] not in ".:,;", topic
    assert len(set(topics_in_files().values())) == len(topics_in_files())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_text_has_a_summary_prompts_and_its_name(path: Path) -> None:
    text = bank_yaml.read(path)

    assert text["code"] == path.stem
    assert text["summary"].endswith(".")
    assert 2 <= len(text["prompts"]) <= 3
    assert all(prompt[-1] in ".?" for prompt in text["prompts"])
    assert set(text) <= {"code", "summary", "note", "job_titles", "prompts", "tasks"}


def test_job_titles_lean_on_the_domains_of_the_facts() -> None:
    titles = {code: set(text.job_titles) for code, text in guide_texts.texts().items()}

    manager = "Imaging Informatics Manager or Director"
    assert titles == {
        "PROC": {"IT Project Manager, Imaging"},
        "PM": {"IT Project Manager, Imaging"},
        "OPS": set(),
        "COMM": {manager},
        "EDU": {manager},
        "IM": {"PACS Administrator", "Imaging Systems Analyst"},
        "IT": set(),
        "SYS": {"Imaging Informatics Specialist"},
        "CE": {"Clinical Systems Engineer", "Biomed-IT Liaison"},
        "MII": {"Imaging Informatics Specialist"},
    }


# --- The pages ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_list_has_ten_domains_with_weight_and_places(client: Client) -> None:
    make_outline(scored_count=130, pilot_count=40)

    text = text_of(client, "/guides/")

    assert re.findall(r"Domain ([A-Z]+) .*? (\d+) % (\d+) (\d+) \+ (\d+)", text) == [
        ("PROC", "4", "7", "5", "2"), ("PM", "5", "9", "7", "2"), ("OPS", "12", "21", "16", "5"),
        ("COMM", "5", "8", "6", "2"), ("EDU", "4", "6", "5", "1"), ("IM", "18", "31", "24", "7"),
        ("IT", "12", "21", "16", "5"), ("SYS", "15", "26", "20", "6"), ("CE", "10", "17", "13", "4"),
        ("MII", "14", "24", "18", "6"),
    ]  # fmt: skip


@pytest.mark.django_db
def test_before_any_content_the_list_says_so_and_there_is_no_guide(client: Client) -> None:
    assert "No question bank is loaded yet." in text_of(client, "/guides/")
    assert client.get("/guides/IM/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("code", WEIGHTS)
def test_stranger_reads_every_guide(client: Client, code: str) -> None:
    make_outline()

    page = client.get(f"/guides/{code}/").content.decode()

    text, shipped = words(page.encode()), guide_texts.texts()[code]
    assert shipped.summary in text.replace("&#x27;", "'")
    # The outline for tests has one task in each domain.
    topics = [topic.replace("'", "&#x27;") for topic in shipped.topics[f"{code}-1"]]
    assert [topic for topic in topics if topic not in text] == []
    assert f'href="{reverse("exams:practice")}?domain={code}"' in page
    assert "Our task list" in text
    assert "Where you stand" not in text


@pytest.mark.django_db
def test_code_that_is_no_domain_does_not_exist(client: Client) -> None:
    make_outline()

    assert [client.get(f"/guides/{code}/").status_code for code in ("XX", "im", "IM-1")] == [404] * 3


@pytest.mark.django_db
def test_domain_of_a_schools_own_outline_has_a_guide_without_a_text(client: Client) -> None:
    outline = make_outline()
    Domain.objects.create(outline=outline, number=11, code="OWN", name="Own domain", weight=3)

    assert "Own domain" in text_of(client, "/guides/OWN/")


@pytest.mark.django_db
def test_guide_shows_its_own_samples_with_keys_and_no_others(client: Client) -> None:
    outline = make_outline()
    for number, domain_code, tags in ((901, "IM", ["guide"]), (902, "IM", []), (903, "IT", ["guide"])):
        item = make_sample(outline, domain_code=domain_code, number=number)
        publish_anew(item, tags=tags)

    page = client.get("/guides/IM/").content.decode()

    assert re.findall(r"Stem of (\S+):", page) == ["IM-0901"]
    assert re.findall(r"<strong>(\w) is the key", page) == ["B"]
    assert "Sample question 1" in page


def publish_anew(item: Item, **fields: object) -> None:
    """A second version that differs in these fields: versions themselves never change."""
    version = ItemVersion.objects.get(item=item)
    options = list(version.options.all())
    version.pk, version.number = None, 2
    for name, value in fields.items():
        setattr(version, name, value)
    version.save(force_insert=True)
    for option in options:
        option.pk, option.version = None, version
        option.save(force_insert=True)
    item.published_version = version
    item.save(update_fields=["published_version"])


@pytest.mark.django_db
def test_sources_are_counted_once_a_question_and_editions_by_year_are_one() -> None:
    outline = make_outline()
    cited = [
        ["PMBOK Guide (2017)", "PMBOK Guide (2017)"], ["PMBOK Guide"], ["DICOM PS3.3", "PMBOK Guide"], ["DICOM PS3.3"],
        ["Once"],
    ]  # fmt: skip
    for number, sources in enumerate(cited, start=901):
        cite(make_sample(outline, domain_code="PM", number=number), sources)
    retired = make_sample(outline, domain_code="PM", number=950)
    cite(retired, ["DICOM PS3.3"])
    Item.objects.filter(pk=retired.pk).update(status=ItemStatus.RETIRED)
    cite(make_sample(outline, domain_code="IM", number=951), ["DICOM PS3.3"])

    found = guides.guide(code="PM", user=None)

    assert found
    assert [(source.name, source.count) for source in found.sources.most_cited] == [
        ("PMBOK Guide", 3),
        ("DICOM PS3.3", 2),
    ]
    assert found.sources.total == 3


def cite(item: Item, sources: list[str]) -> None:
    publish_anew(item, references=[{"source": source, "locator": "x"} for source in sources])


@pytest.mark.django_db
def test_shipped_bank_gives_every_domain_two_samples_and_sources() -> None:
    call_command("load_content", verbosity=0)

    found = [guides.guide(code=code, user=None) for code in WEIGHTS]

    assert [len(guide.samples) for guide in found if guide] == [2] * 10
    assert all(guide and 2 <= len(guide.sources.most_cited) <= 8 for guide in found)
    assert all(guide and all(topics for _, topics in guide.tasks) for guide in found)


# --- One's own standing -------------------------------------------------------------------------------------------


def test_without_an_answer_there_is_no_picture(client: Client, alice: User) -> None:
    text = text_of(client, "/guides/IM/")

    assert "Not enough yet: 0 of 25. You have met no question of this domain so far." in text
    assert "plausible" not in text


def test_few_answers_get_no_verdict(client: Client, alice: User) -> None:
    session = begin(alice, size=5, domains=frozenset({"IM"}))
    for position in range(1, 6):
        do(session, position, right=position <= 3)

    text = text_of(client, "/guides/IM/")

    # Wilson's interval of 3 of 5.
    assert "Not enough yet: 5 of 25. 3 of 5 first answers right leave anything from 23 to 88 % plausible" in text
    assert "0 of 25" in text_of(client, "/guides/IT/")


def test_from_25_answers_on_there_is_an_interval(client: Client, alice: User) -> None:
    session = begin(alice, size=26, domains=frozenset({"IM"}))
    for position in range(1, 27):
        do(session, position, right=position <= 20)

    text = text_of(client, "/guides/IM/")

    # Wilson's interval of 20 of 26.
    assert "20 of 26 first answers right. So many answers leave 58–89 % plausible (95 %)." in text
    assert "Not enough yet" not in text


def test_second_meetings_and_other_people_do_not_count(client: Client, alice: User) -> None:
    first = begin(alice, size=4, domains=frozenset({"CE"}))
    for position in range(1, 5):
        do(first, position, right=False)
    again = begin(alice, size=4, domains=frozenset({"CE"}), source="missed", now=NOW + timedelta(days=1))
    for position in range(1, 5):
        do(again, position, right=True, now=NOW + timedelta(days=1))
    bob = make_user("bob")
    theirs = begin(bob, size=3, domains=frozenset({"CE"}))
    for position in range(1, 4):
        do(theirs, position, right=True)

    assert "0 of 4 first answers right" in text_of(client, "/guides/CE/")


def test_open_exam_adds_nothing_and_a_finished_one_does(client: Client, alice: User) -> None:
    publish_form_a()
    attempt: Attempt = start(alice)
    answer_all(attempt, right=20)
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        assert "0 of 25" in text_of(client, "/guides/IM/")

    attempts.submit(user=alice, public_id=attempt.public_id, now=NOW + timedelta(minutes=10))

    guide = guides.guide(code="IM", user=alice)
    assert guide
    assert guide.standing
    assert (guide.standing.right, guide.standing.total) == (guide.share.scored, guide.share.total)


def test_what_was_left_out_is_no_answer(alice: User) -> None:
    session = begin(alice, size=6, mode=PracticeMode.TEST, domains=frozenset({"SYS"}))
    do(session, 1, right=True)
    sessions.show(place=session.places.get(position=2), now=NOW)
    sessions.finish(session=session, now=NOW)

    guide = guides.guide(code="SYS", user=alice)

    assert guide
    assert guide.standing
    assert (guide.standing.right, guide.standing.total) == (1, 1)
