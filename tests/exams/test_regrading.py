"""A wrong key: mended by a later version, every score anew, what was before kept, and the statistics follow."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, OperationalError, connection
from django.test import Client

from accounts import roles
from accounts.models import User
from exams import answer_counts, attempts, regrading, scoring, sweeping
from exams.models import AnswerCount, Attempt, FormItem, Regrade, RegradedScore, Score
from exams.regrading import NotAllowed
from questions import drafting, publishing
from questions.content import ItemContent, OptionContent
from questions.models import ItemVersion
from tests.factories import NOW, answer_all, make_bank, make_user, publish_form_a, start

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=3)


@pytest.fixture
def finished() -> Attempt:
    """Fifteen of twenty right, counted."""
    make_bank()
    publish_form_a()
    attempt = start(make_user())
    answer_all(attempt, right=15)
    return finish(attempt)


def finish(attempt: Attempt) -> Attempt:
    ended = attempts.submit(user=attempt.user, public_id=attempt.public_id, now=NOW + timedelta(hours=1))
    scoring.ensure_scored(attempt=ended, now=NOW + timedelta(hours=1))
    answer_counts.count(attempt=ended)
    return ended


def wrongly_answered(attempt: Attempt) -> FormItem:
    """A scored item that was answered with another option than the key."""
    for response in attempt.responses.select_related("form_item__version").order_by("-position"):
        if response.form_item.is_scored:
            return response.form_item
    raise AssertionError


def chosen_option(attempt: Attempt, form_item: FormItem) -> int:
    chosen = attempt.responses.get(form_item=form_item).chosen
    assert chosen
    return int(form_item.option_order[chosen - 1])


def mend(version: ItemVersion, key: int, *, texts: str = "") -> ItemVersion:
    """A published version with another key, and other options if `texts` is given."""
    content = ItemContent(
        stem=version.stem,
        task=version.task.code,
        cognitive=version.cognitive,
        order=version.order,
        references=version.references,
        options=tuple(
            OptionContent(text=texts + option.text, rationale="New reason.", is_key=option.position == key)
            for option in version.options.all()
        ),
    )
    made = drafting.add_version(item=version.item, content=content, task=version.task, author=None, now=NOW)
    publishing.publish(version=made, by=make_user("pat"), now=NOW)
    return made


def regrade(attempt: Attempt) -> tuple[Regrade, FormItem]:
    form_item = wrongly_answered(attempt)
    mended = mend(form_item.version, chosen_option(attempt, form_item))
    made = regrading.start(version=form_item.version, mended=mended, by=make_user("eve"), reason="Wrong key", now=LATER)
    return made, form_item


def test_score_is_computed_anew_and_what_was_before_is_kept(finished: Attempt) -> None:
    made, _ = regrade(finished)

    assert regrading.apply(regrade=made, now=LATER) == 1

    score = Score.objects.get(attempt=finished)
    row = RegradedScore.objects.get()
    assert (row.raw_before, row.raw_after, score.raw) == (15, 16, 16)
    assert (row.scaled_after, score.scaled) == (score.scaled, row.scaled_after)
    assert sum(domain.right for domain in score.domain_scores.all()) == 16


def test_recomputing_gives_the_regraded_score(finished: Attempt, capsys: pytest.CaptureFixture[str]) -> None:
    made, _ = regrade(finished)
    regrading.apply(regrade=made, now=LATER)

    call_command("score_attempt", str(finished.public_id))

    assert "16 of 20" in capsys.readouterr().out
    assert scoring.stored_result(Score.objects.get()) == scoring.compute(finished)


def test_second_run_changes_nothing(finished: Attempt) -> None:
    made, _ = regrade(finished)
    regrading.apply(regrade=made, now=LATER)

    assert regrading.apply(regrade=made, now=LATER) == 0
    assert RegradedScore.objects.count() == 1


def test_sweep_finishes_what_a_lost_task_left(finished: Attempt) -> None:
    regrade(finished)

    sweeping.sweep(now=LATER)

    assert Score.objects.get().raw == 16


def test_one_that_cannot_be_scored_anew_keeps_nothing_else(finished: Attempt, monkeypatch: pytest.MonkeyPatch) -> None:
    other = start(make_user("bob"))
    answer_all(other, right=15)
    finish(other)
    regrade(finished)
    compute = scoring.compute

    def fail_once(attempt: Attempt) -> scoring.Result:
        if attempt == finished:
            raise DatabaseError
        return compute(attempt)

    with monkeypatch.context() as patch:
        patch.setattr(scoring, "compute", fail_once)
        sweeping.sweep(now=LATER)
        assert sweeping.last_sweep() == LATER
        assert list(RegradedScore.objects.values_list("attempt", flat=True)) == [other.pk]

    sweeping.sweep(now=LATER)
    assert RegradedScore.objects.count() == 2


def test_attempt_that_ends_later_is_marked_by_the_mended_key_at_once(finished: Attempt) -> None:
    made, form_item = regrade(finished)
    bob = make_user("bob")
    attempt = start(bob, now=LATER)
    assert attempt.exam_form == finished.exam_form
    answer_all(attempt, right=20)
    ended = attempts.submit(user=bob, public_id=attempt.public_id, now=LATER + timedelta(hours=1))

    score = scoring.ensure_scored(attempt=ended, now=LATER + timedelta(hours=1))

    assert score
    # Bob chose what the version itself calls the key.
    assert score.raw == 19
    regrading.apply(regrade=made, now=LATER)
    assert not RegradedScore.objects.filter(attempt=ended).exists()
    assert form_item.version.options.get(is_key=True).position != chosen_option(finished, form_item)


def test_totals_of_every_other_item_follow_and_a_rebuild_agrees(finished: Attempt) -> None:
    assert set(AnswerCount.objects.values_list("total", flat=True)) == {15}
    made, _ = regrade(finished)
    regrading.apply(regrade=made, now=LATER)

    counts = Counter(dict(AnswerCount.objects.filter(n__gt=0).values_list("version_id", "total")))
    assert set(counts.values()) == {16}
    kept_up = set(AnswerCount.objects.filter(n__gt=0).values_list("version_id", "answer", "total", "n"))
    answer_counts.rebuild()
    assert set(AnswerCount.objects.values_list("version_id", "answer", "total", "n")) == kept_up


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="elsewhere one transaction writes at a time")
def test_attempt_that_is_counted_while_it_is_regraded_is_counted_once(
    finished: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The task that counts comes when the regrade has read the score, and waits or goes before it."""
    answer_counts.take_out(score=Score.objects.get())
    made, _ = regrade(finished)

    def count() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 200")
        try:
            answer_counts.count(attempt=finished)
        except OperationalError:
            pass
        finally:
            connection.close()

    def counted_meanwhile(*, score: Score) -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(count).result()
        take_out(score=score)

    take_out = answer_counts.take_out
    monkeypatch.setattr(answer_counts, "take_out", counted_meanwhile)
    regrading.apply(regrade=made, now=LATER)
    sweeping.sweep(now=LATER)

    kept_up = set(AnswerCount.objects.filter(n__gt=0).values_list("version_id", "answer", "total", "n"))
    assert {total for _, _, total, _ in kept_up} == {16}
    answer_counts.rebuild()
    assert set(AnswerCount.objects.values_list("version_id", "answer", "total", "n")) == kept_up


def test_report_shows_the_mended_key_and_says_what_changed(finished: Attempt, client: Client) -> None:
    made, _ = regrade(finished)
    regrading.apply(regrade=made, now=LATER)
    client.force_login(finished.user)

    page = client.get(f"/attempts/{finished.public_id}/report/").content.decode()

    assert "15 right became 16" in page
    assert "Wrong key" in page
    assert page.count("The key of this item was mended") == 1
    assert page.count("New reason.") == 4


def test_pilot_with_a_wrong_key_changes_no_total(finished: Attempt) -> None:
    pilot = finished.exam_form.form_items.filter(is_scored=False).select_related("version").last()
    assert pilot
    mended = mend(pilot.version, chosen_option(finished, pilot))
    made = regrading.start(version=pilot.version, mended=mended, by=make_user("eve"), reason="Wrong", now=LATER)
    before = Score.objects.get().pilot_right

    regrading.apply(regrade=made, now=LATER)

    score = Score.objects.get()
    assert (score.raw, score.pilot_right) == (15, before + 1)
    assert list(regrading.notices(finished)) == []


def test_regrade_needs_the_same_options_another_key_and_a_published_later_version(finished: Attempt) -> None:
    form_item = wrongly_answered(finished)
    version, by = form_item.version, make_user("eve")
    own = version.options.get(is_key=True).position

    def start_with(mended: ItemVersion) -> None:
        regrading.start(version=version, mended=mended, by=by, reason="x", now=LATER)

    with pytest.raises(NotAllowed, match="Only a later version"):
        start_with(version)
    with pytest.raises(NotAllowed, match="options differ"):
        start_with(mend(version, own % 4 + 1, texts="Other "))
    User.objects.filter(name="Pat").delete()
    with pytest.raises(NotAllowed, match="same key"):
        start_with(mend(version, own))
    assert not Regrade.objects.exists()


def test_regrade_of_an_unpublished_version_waits_for_the_second_person(finished: Attempt) -> None:
    form_item = wrongly_answered(finished)
    mended = mend(form_item.version, chosen_option(finished, form_item))
    type(mended.item).objects.update(published_version=form_item.version_id)
    mended.refresh_from_db()

    with pytest.raises(NotAllowed, match="published first"):
        regrading.start(
            version=form_item.version,
            mended=ItemVersion.objects.get(pk=mended.pk),
            by=make_user("eve"),
            reason="x",
            now=LATER,
        )


def test_editor_regrades_from_the_workshop(finished: Attempt, client: Client) -> None:
    form_item = wrongly_answered(finished)
    mend(form_item.version, chosen_option(finished, form_item))
    editor = make_user("ed")
    roles.make_instructor(user=editor, roles=["editor"])
    client.force_login(editor)
    path = f"/workshop/items/{form_item.item.code}/"

    assert "version 1, in 1 finished exams" in client.get(path).content.decode()
    page = client.post(f"{path}regrade/", {"version": form_item.version_id, "reason": "B is right"}, follow=True)

    assert b"answers to version 1 are marked by version 2" in page.content
    assert Score.objects.get().raw == 16


def test_author_cannot_regrade(finished: Attempt, client: Client) -> None:
    form_item = wrongly_answered(finished)
    mend(form_item.version, chosen_option(finished, form_item))
    author = make_user("al")
    roles.make_instructor(user=author, roles=["author"])
    client.force_login(author)

    response = client.post(
        f"/workshop/items/{form_item.item.code}/regrade/", {"version": form_item.version_id, "reason": "x"}
    )

    assert response.status_code == 403
    assert not Regrade.objects.exists()
