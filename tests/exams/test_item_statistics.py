"""What the workshop shows of an item, when it shows it, and when a pilot is ready."""

from collections.abc import Mapping

import pytest

from exams import item_statistics, promotion
from exams.models import AnswerCount, TimeCount
from questions.models import Item, ItemStatus, ItemVersion
from tests.factories import make_bank

pytestmark = pytest.mark.django_db

Counts = Mapping[tuple[int, int], int]


@pytest.fixture
def version() -> ItemVersion:
    make_bank()
    pilot = Item.objects.filter(status=ItemStatus.PILOT).select_related("published_version").first()
    assert pilot
    assert pilot.published_version
    return pilot.published_version


def key_of(version: ItemVersion) -> int:
    return version.options.get(is_key=True).position


def measured(version: ItemVersion) -> item_statistics.Measured:
    versions = ItemVersion.objects.filter(pk=version.pk).prefetch_related("options")
    return item_statistics.of_versions(list(versions))[0]


def fill(version: ItemVersion, counts: Counts, *, is_scored: bool = False) -> None:
    """Persons by (answer, total)."""
    AnswerCount.objects.bulk_create(
        AnswerCount(version=version, is_scored=is_scored, scored_count=20, answer=answer, total=total, n=n)
        for (answer, total), n in counts.items()
    )


def good(version: ItemVersion, n: int = 240) -> Counts:
    """A pilot that the better half gets right more often; three living distractors."""
    key = key_of(version)
    wrong = [place for place in range(1, 5) if place != key]
    third = n // 12
    return {
        (key, 18): 5 * third, (key, 8): 3 * third,
        (wrong[0], 8): 2 * third, (wrong[1], 8): third, (wrong[2], 10): third,
    }  # fmt: skip


def test_pilot_is_measured_against_the_scored_total(version: ItemVersion) -> None:
    key = key_of(version)
    fill(version, {(key, 20): 10, (key % 4 + 1, 0): 10, (AnswerCount.OMITTED, 0): 5, (AnswerCount.NOT_REACHED, 0): 7})

    found = measured(version)

    statistics = found.statistics
    assert (statistics.n, statistics.omitted, statistics.not_reached, statistics.right) == (25, 5, 7, 10)
    assert statistics.p == 0.4
    assert statistics.r_rest == pytest.approx(1.0)


def test_scored_item_is_taken_out_of_its_own_total(version: ItemVersion) -> None:
    key = key_of(version)
    # All have 10 right on the other items: without the item itself nothing varies.
    fill(version, {(key, 11): 20, (key % 4 + 1, 10): 20}, is_scored=True)

    assert measured(version).statistics.r_rest is None


def test_groups_rise_with_the_score_and_hold_everybody(version: ItemVersion) -> None:
    key = key_of(version)
    fill(version, {(key if total >= 10 else key % 4 + 1, total): 10 for total in range(20)})

    found = measured(version)

    assert found.group_sizes == (40, 40, 40, 40, 40)
    shares = next(option.shares for option in found.options if option.is_key)
    assert shares == (0.0, 0.0, 0.5, 1.0, 1.0)


def test_equal_scores_stay_in_one_group(version: ItemVersion) -> None:
    fill(version, {(1, 10): 40, (2, 10): 10})

    assert sorted(measured(version).group_sizes) == [0, 0, 0, 0, 50]


@pytest.mark.parametrize(
    ("n", "firmness"), [(29, "not enough yet"), (30, "provisional"), (99, "provisional"), (100, "firm")]
)
def test_figures_are_hidden_then_provisional_then_firm(version: ItemVersion, n: int, firmness: str) -> None:
    fill(version, {(1, 10): n})

    assert measured(version).firmness == firmness


def test_median_time_and_the_flag_of_haste(version: ItemVersion) -> None:
    fill(version, good(version))
    TimeCount.objects.create(version=version, step=0, n=21)
    TimeCount.objects.create(version=version, step=9, n=20)

    found = measured(version)

    assert found.median_seconds == 0
    assert found.flags == ["too-quick"]
    TimeCount.objects.filter(step=9).update(n=22)
    assert measured(version).median_seconds == 45


def test_version_nobody_met_says_so(version: ItemVersion) -> None:
    found = measured(version)

    assert (found.n, found.statistics.p, found.statistics.r_rest, found.flags) == (0, None, None, [])


# --- Promotion ----------------------------------------------------------------------------------------------------


def unmet(version: ItemVersion) -> list[str]:
    return [condition.wish for condition in promotion.readiness(measured(version)).conditions if not condition.is_met]


def test_good_pilot_is_ready(version: ItemVersion) -> None:
    fill(version, good(version))

    found = promotion.readiness(measured(version))

    assert unmet(version) == []
    assert (found.is_ready, found.verdict) == (True, "ready")


def test_good_pilot_with_fewer_answers_is_a_candidate_from_a_hundred_on(version: ItemVersion) -> None:
    fill(version, good(version, n=180))
    assert unmet(version) == ["at least 200 answers"]
    assert promotion.readiness(measured(version)).verdict == "candidate"


def test_pilot_nobody_answered_waits(version: ItemVersion) -> None:
    found = promotion.readiness(measured(version))

    assert not found.is_ready
    assert found.verdict == "waiting"


def test_each_condition_stops_the_promotion(version: ItemVersion) -> None:
    key = key_of(version)
    wrong = [place for place in range(1, 5) if place != key]
    # Everybody alike in score, so that nothing separates the good from the weak.
    fill(version, {(key, 10): 75, (key, 11): 75, **{(place, total): 15 for place in wrong for total in (10, 11)}})
    assert unmet(version) == ["discrimination at least 0.15", "its lower 90 % bound at least 0.05"]

    AnswerCount.objects.all().delete()
    fill(version, {(key, 18): 290, **{(place, 5): 2 for place in wrong}})
    assert unmet(version) == [
        "facility from 0.30 to 0.95", "no flag", "standard error of the difficulty at most 0.20",
    ]  # fmt: skip


def test_standard_error_is_that_of_the_page_of_formulas() -> None:
    assert promotion.standard_error(200, 0.5) == pytest.approx(0.1414, abs=1e-4)
    assert promotion.standard_error(200, 1.0) is None
    assert promotion.standard_error(0, None) is None
