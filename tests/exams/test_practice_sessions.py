"""Practice: what may be drawn, what is locked, what counts as seen, and when an item comes back."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from fsrs import Card
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from exams import attempts, exam_forms, pools, sweeping
from exams.models import Attempt, GivenUpForm, PracticeItem, PracticeMode, PracticeSession, PracticeSource, ReviewCard
from exams.practice import choosing, history, review, sessions
from exams.practice.choosing import NothingToPractise, Wish
from exams.practice.sessions import NotNow, Plan
from questions.models import Item, ItemVersion, Option
from tests.factories import NOW, WEIGHTS, answer_all, key_place, make_bank, make_user, publish_form_a, save, start

pytestmark = pytest.mark.django_db
TOMORROW = NOW + timedelta(days=1)


@pytest.fixture
def alice() -> User:
    make_bank(forms=3)
    return make_user()


def begin(
    user: User,
    *,
    size: int = 10,
    mode: str = PracticeMode.TUTOR,
    now: datetime = NOW,
    timed: bool = False,
    **wish: object,
) -> PracticeSession:
    plan = Plan("Drill", mode, Wish(size, **wish), is_timed=timed)  # type: ignore[arg-type]
    return sessions.start(user=user, plan=plan, now=now)


def right_place(place: PracticeItem) -> int:
    position = Option.objects.get(version=place.version_id, is_key=True).position
    return place.option_order.index(str(position)) + 1


def do(
    session: PracticeSession, position: int, *, right: bool, confidence: int = 3, now: datetime = NOW
) -> PracticeItem:
    place = session.places.get(position=position)
    chosen = right_place(place) if right else right_place(place) % 4 + 1
    return sessions.answer(session=session, position=position, chosen=chosen, confidence=confidence, now=now)


def test_twenty_in_exam_proportions_have_the_published_quotas(alice: User) -> None:
    session = begin(alice, size=20, in_proportion=True)

    domains = [place.item.code.partition("-")[0] for place in session.places.select_related("item")]
    assert [domains.count(code) for code in WEIGHTS] == [1, 1, 2, 1, 1, 4, 2, 3, 2, 3]


def test_session_of_chosen_domains_and_tasks_holds_those_alone(alice: User) -> None:
    session = begin(alice, size=6, domains=frozenset({"IM"}), tasks=frozenset({"PM-1"}))

    assert {place.item.code.partition("-")[0] for place in session.places.all()} <= {"IM", "PM"}
    assert session.places.count() == 6


def test_short_bank_makes_a_short_session(alice: User) -> None:
    held = Item.objects.filter(code__startswith="PROC").count()

    assert begin(alice, size=50, domains=frozenset({"PROC"})).places.count() == held


def test_items_of_a_published_form_stay_out_until_it_is_finished_or_given_up(alice: User) -> None:
    form_a = publish_form_a()
    held = set(form_a.form_items.values_list("item_id", flat=True))

    assert not held & set(begin(alice, size=170).places.values_list("item_id", flat=True))

    GivenUpForm.objects.create(user=alice, exam_form=form_a, at=NOW)
    assert held <= set(begin(alice, size=170, source=PracticeSource.ALL).places.values_list("item_id", flat=True))
    assert exam_forms.next_published(alice) is None
    assert exam_forms.next_published(make_user("bob")) == form_a


def test_items_of_an_open_exam_are_in_no_session_and_can_be_answered_in_none(alice: User) -> None:
    before = begin(alice, size=90)
    attempt = start(alice)
    asked = set(attempt.responses.values_list("form_item__item_id", flat=True))

    assert not asked & set(begin(alice, size=170, source="all").places.values_list("item_id", flat=True))
    place = before.places.filter(item__in=asked).first()
    assert place
    with pytest.raises(NotNow, match="exam that you have open"):
        sessions.answer(session=before, position=place.position, chosen=1, confidence=3, now=NOW)


def test_only_what_was_shown_counts_as_seen(alice: User) -> None:
    session = begin(alice)
    place = session.places.get(position=1)

    assert pools.seen_by(alice) == ()
    sessions.show(place=place, now=NOW)

    assert pools.seen_by(alice) == (place.item.code,)
    assert place.item_id not in begin(alice, size=170).places.values_list("item_id", flat=True)


def test_revealed_answer_is_locked(alice: User) -> None:
    session = begin(alice)
    first = do(session, 1, right=False)

    with pytest.raises(NotNow, match="stays as it is"):
        do(session, 1, right=True)

    assert session.places.get(position=1).chosen == first.chosen


def test_test_mode_reveals_at_the_end_and_what_was_seen_alone(alice: User) -> None:
    session = begin(alice, mode=PracticeMode.TEST)
    do(session, 1, right=False)
    do(session, 1, right=True)
    sessions.show(place=session.places.get(position=2), now=NOW)
    assert not session.places.filter(revealed_at__isnull=False).exists()

    sessions.finish(session=session, now=NOW)

    revealed = session.places.filter(revealed_at__isnull=False)
    assert sorted(revealed.values_list("position", flat=True)) == [1, 2]
    assert ReviewCard.objects.count() == 1
    with pytest.raises(NotNow, match="ended"):
        do(session, 3, right=True)


def test_timed_session_ends_by_the_servers_clock(alice: User) -> None:
    session = begin(alice, mode=PracticeMode.TEST, timed=True)
    assert session.deadline_at == NOW + timedelta(minutes=10)
    late = NOW + timedelta(minutes=10)

    with pytest.raises(NotNow, match="ended"):
        do(session, 1, right=True, now=late)
    found = sessions.own(user=alice, public_id=session.public_id, now=late + timedelta(hours=3))

    assert found
    assert found.finished_at == session.deadline_at


def test_sweep_ends_a_timed_session_that_nobody_comes_back_to(alice: User) -> None:
    session = begin(alice, mode=PracticeMode.TEST, timed=True)
    untimed = begin(alice, mode=PracticeMode.TEST)
    do(session, 1, right=True)

    sweeping.sweep(now=NOW + timedelta(hours=5))

    session.refresh_from_db()
    untimed.refresh_from_db()
    assert (session.finished_at, untimed.finished_at) == (session.deadline_at, None)
    assert session.places.get(position=1).revealed_at == NOW + timedelta(hours=5)


def test_extra_time_counts_in_practice_too() -> None:
    make_bank()
    session = begin(make_user("eve", extra_time_percent=50), timed=True, mode=PracticeMode.TEST)

    assert session.deadline_at == NOW + timedelta(minutes=15)


def test_nobody_finds_anothers_session(alice: User) -> None:
    session = begin(alice)

    assert sessions.own(user=make_user("bob"), public_id=session.public_id, now=NOW) is None


def test_wrong_comes_back_tomorrow_unsure_too_and_sure_later(alice: User) -> None:
    session = begin(alice)
    cards = []
    for position, (right, confidence) in enumerate([(False, 3), (True, 1), (True, 2), (True, 3)], start=1):
        place = do(session, position, right=right, confidence=confidence)
        cards.append(ReviewCard.objects.get(item=place.item_id))

    days = [(card.due_at - NOW).days for card in cards]
    assert days[0] == 1
    assert days[0] <= days[1] == days[2] < days[3]


def test_review_of_a_day_ends_when_it_is_done(alice: User) -> None:
    session = begin(alice, size=3)
    for position in (1, 2, 3):
        do(session, position, right=False)
    assert review.due(user=alice, now=NOW).count() == 0
    assert review.due(user=alice, now=TOMORROW).count() == 3

    daily = begin(alice, source=PracticeSource.DUE, now=TOMORROW)
    for position in (1, 2, 3):
        do(daily, position, right=False, now=TOMORROW)

    assert review.due(user=alice, now=TOMORROW).count() == 0
    with pytest.raises(NothingToPractise, match="due for review"):
        begin(alice, source=PracticeSource.DUE, now=TOMORROW)


def test_due_means_before_the_persons_own_midnight(alice: User) -> None:
    alice.time_zone = "America/Los_Angeles"
    evening = datetime(2026, 11, 3, 5, 0, tzinfo=UTC)
    do(begin(alice, now=evening), 1, right=False, now=evening)

    # 23:30 of the same day there, then half past midnight.
    assert review.due(user=alice, now=datetime(2026, 11, 3, 7, 30, tzinfo=UTC)).count() == 0
    assert review.due(user=alice, now=datetime(2026, 11, 3, 8, 30, tzinfo=UTC)).count() == 1


@pytest.mark.parametrize("changes_key", [True, False])
def test_new_version_resets_a_card_only_if_the_key_changed(alice: User, changes_key: bool) -> None:
    session = begin(alice)
    place = do(session, 1, right=True)
    later = NOW + timedelta(hours=1)
    assert not review.due(user=alice, now=later)

    old = place.version
    new = ItemVersion.objects.create(
        item=place.item, number=2, task=old.task, stem="Reworded?", cognitive=old.cognitive, references=[],
        created_at=NOW, digest="x",
    )  # fmt: skip
    key = Option.objects.get(version=old, is_key=True).position
    for option in Option.objects.filter(version=old):
        is_key = option.position == (key % 4 + 1 if changes_key else key)
        Option.objects.create(version=new, position=option.position, text=option.text, is_key=is_key, rationale="r")
    Item.objects.filter(pk=place.item_id).update(published_version=new)

    assert review.due(user=alice, now=later).count() == changes_key


def test_missed_and_flagged_follow_the_last_meeting(alice: User) -> None:
    attempt = start(alice)
    answer_all(attempt, right=20)
    response = attempt.responses.select_related("form_item").get(position=1)
    save(attempt, 1, base=1, chosen=key_place(response), flagged=True)
    attempts.submit(user=alice, public_id=attempt.public_id, now=NOW + timedelta(minutes=9))
    pilots = set(attempt.responses.filter(form_item__is_scored=False).values_list("form_item__item", flat=True))

    assert history.missed(alice) == pilots - {response.form_item.item_id}
    assert history.flagged(alice) == {response.form_item.item_id}

    session = begin(alice, source=PracticeSource.MISSED, size=90, now=TOMORROW)
    assert set(session.places.values_list("item_id", flat=True)) <= pilots
    place = do(session, 1, right=True, now=TOMORROW)
    assert place.item_id not in history.missed(alice)


def test_first_meetings_are_first_in_mocks_and_practice_alike(alice: User) -> None:
    drill = begin(alice, size=5, mode=PracticeMode.TEST)
    for position in range(1, 6):
        do(drill, position, right=True)
    sessions.finish(session=drill, now=NOW)
    again = begin(alice, size=5, source=PracticeSource.DUE, now=NOW + timedelta(days=9))
    do(again, 1, right=True, now=NOW + timedelta(days=9))

    met = history.of(alice)

    assert [meeting.is_fresh for meeting in met] == [True] * 5 + [False]
    assert [meeting.mode for meeting in met] == ["test"] * 5 + ["tutor"]


def test_sources_say_how_many_items_they_hold(alice: User) -> None:
    do(begin(alice), 1, right=False)

    counts = choosing.counts(user=alice, now=NOW)

    assert counts == {"unseen": 89, "missed": 1, "flagged": 0, "due": 0, "all": 90}


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([None, 1, 2, 3]), st.integers(0, 40)), max_size=12))
def test_a_card_is_never_due_on_the_day_it_was_rated(ratings: list[tuple[bool, int | None, int]]) -> None:
    card = Card(card_id=1)
    now = NOW
    for (right, confidence, days), _ in zip(ratings, count(), strict=False):
        now += timedelta(days=days)
        card, _log = review.SCHEDULER.review_card(card, review.rating_of(is_right=right, confidence=confidence), now)
        assert card.due >= now + timedelta(days=1)


def test_attempt_start_still_prefers_what_was_never_practised(alice: User) -> None:
    drill = begin(alice, size=2)
    for place in drill.places.all():
        sessions.show(place=place, now=NOW)
    attempt: Attempt = start(alice)

    served = set(attempt.responses.values_list("form_item__item_id", flat=True))
    assert not served & set(drill.places.values_list("item_id", flat=True))
