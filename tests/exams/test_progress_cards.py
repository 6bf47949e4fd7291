"""The picture beside a link: what it is, what it says, how long it lives."""

from collections.abc import Iterator
from datetime import date, timedelta
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image

from accounts import progress_links
from accounts.models import User
from accounts.progress_links import MadeLink
from exams import progress_cards
from exams.charts import IntervalChart
from exams.intervals import wilson
from exams.progress_cards import Canvas
from exams.progress_pages import MockResult, PlanWeek, Progress, Standing, Trend
from exams.readiness import ROUGH_PRIOR, Outlook, Target
from exams.readiness_charts import band
from exams.reports import DomainLine
from exams.streaks import Streak
from tests.factories import NOW, make_outline, make_progress_link, make_user

ON = date(2026, 11, 2)


@pytest.fixture(autouse=True)
def frozen() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def alice(db: None) -> User:
    make_outline()
    return make_user()


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that is drawn."""
    texts: list[str] = []
    draw = Canvas.text

    def note(canvas: Canvas, x: float, y: float, text: str, **how: Any) -> None:
        texts.append(text)
        draw(canvas, x, y, text, **how)

    monkeypatch.setattr(Canvas, "text", note)
    return texts


class Tags(HTMLParser):
    """The meta elements of a page, as a chat reads them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("property") or given.get("name")
        if tag == "meta" and name:
            self.found[name] = given.get("content") or ""


def unfurl(made: MadeLink) -> tuple[dict[str, str], Image.Image]:
    """What a chat makes of an address: the page's tags, then the picture that they name."""
    tags = Tags(Client().get(f"/p/{made.token}").content.decode()).found
    answer = Client().get(tags["og:image"].removeprefix("http://testserver"))
    assert answer.headers["Content-Type"] == "image/png"
    return tags, Image.open(BytesIO(answer.content))


def standing_of(*, n: int) -> Standing:
    outlook = Outlook(Target(130, 91), ROUGH_PRIOR, n, 10, n, None, None, 97.2, 85, 108, 0.52)
    return Standing(outlook, band(outlook), "about 50 %", 30, 5)


def line_of(name: str, right: int, total: int) -> DomainLine:
    interval = wilson(right, total)
    return DomainLine(name, right, total, interval, IntervalChart.of(0.5, interval, 0.7))


FULL = Progress(
    name="Alice", on=ON, standing=standing_of(n=170), domains=[line_of(f"Domain {n}", n, 3 * n) for n in range(10)],
    trend=Trend([MockResult(ON, 97, 88, 105, 91, 130)], None), streak=Streak(6, 19), plan=PlanWeek(3, 9, 60, 300),
)  # fmt: skip


def test_link_unfurls_with_an_absolute_picture_of_the_right_size(alice: User) -> None:
    made = make_progress_link(alice, "readiness", "streak", name=True)

    tags, picture = unfurl(made)

    assert (picture.format, picture.size) == ("PNG", (1200, 630))
    said = (
        "Not enough yet for a forecast: 0 of 30 answers, 0 of 5 domains. Practised on 0 of the last 28 days."
    )  # fmt: skip
    assert {name: value for name, value in tags.items() if name.startswith(("og:", "twitter:", "desc"))} == {
        "og:site_name": "CIIP Practice", "og:type": "website", "og:title": "Progress of Alice", "og:description": said,
        "description": said, "og:image": f"http://testserver/p/{made.token}/card.png", "og:image:type": "image/png",
        "og:image:width": "1200", "og:image:height": "630", "og:image:alt": said,
        "twitter:card": "summary_large_image",
    }  # fmt: skip


def test_picture_says_what_was_chosen_and_no_more(said: list[str]) -> None:
    progress_cards.drawn(FULL)
    everything = list(said)
    said.clear()
    progress_cards.drawn(Progress("", ON, streak=FULL.streak))

    assert everything == [
        "CIIP Practice", "November 2, 2026", "Progress of Alice", progress_cards.NOTE,
        "Expected 97 of 130 right on a fresh form",
        "80 % range 85 to 108 · practice cut 91 · about 50 % to reach it · rough",
        *(f"Domain {n}" for n in range(10)), "Newest mock: 97 of 130, cut 91",
        "6 days in a row; practised on 19 of the last 28 days.", "3 of 9 tasks of this week's plan done.",
    ]  # fmt: skip
    assert said == [
        "CIIP Practice", "November 2, 2026", "Progress in CIIP practice", progress_cards.NOTE,
        "6 days in a row; practised on 19 of the last 28 days.",
    ]  # fmt: skip
    assert all(progress_cards.is_drawable(text) for text in [*everything, *said])


def test_too_few_answers_make_no_band(said: list[str]) -> None:
    progress_cards.drawn(Progress("", ON, standing=standing_of(n=7), trend=Trend([], None)))

    assert said[4:] == ["Not enough yet for a forecast", "7 of 30 fresh answers so far", "No mock finished yet"]


@pytest.mark.parametrize(("name", "title"), [("Ada", "Progress of Ada"), ("Ж漢😀", "Progress in CIIP practice")])
def test_name_that_the_font_cannot_write_is_left_out(said: list[str], name: str, title: str) -> None:
    progress_cards.drawn(Progress(name, ON))

    assert said[2] == title


@given(st.text(min_size=0, max_size=150), st.integers(0, 40), st.integers(0, 28), st.integers(0, 130))
@hypothesis_settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_anything_can_be_drawn(name: str, current: int, recent: int, right: int) -> None:
    result = MockResult(ON, right, max(0, right - 9), min(130, right + 9), 91, 130)
    progress = Progress(name, ON, trend=Trend([result] * 3, None), streak=Streak(current, recent))

    picture = Image.open(BytesIO(progress_cards.drawn(progress)))

    assert picture.size == (1200, 630)


def test_long_name_ends_in_time() -> None:
    canvas = Canvas()

    fitted = canvas.fitting("Maximiliana Hortensia " * 6, size=54, width=1072)

    assert fitted.startswith("Maximiliana Hortensia")
    assert fitted.endswith("…")
    assert canvas.fitting("Ada", size=54, width=1072) == "Ada"


def test_picture_is_small_enough_for_chats() -> None:
    assert len(progress_cards.drawn(FULL)) < 100_000


# --- With a passphrase, and after the end -----------------------------------------------------------------------------


def test_picture_of_a_link_with_a_passphrase_is_the_same_for_everybody(alice: User, said: list[str]) -> None:
    mine = make_progress_link(alice, "readiness", name=True, passphrase="open sesame")
    bobs = make_progress_link(make_user("bob"), "plan", passphrase="another one")

    (tags, picture), (_, others) = unfurl(mine), unfurl(bobs)

    assert picture.tobytes() == others.tobytes()
    assert "Alice" not in " ".join([*tags.values(), *said])
    assert said[:5] == [
        "CIIP Practice",
        "",
        "Progress in CIIP practice",
        progress_cards.NOTE,
        "This link asks for a passphrase.",
    ]
    assert tags["og:description"] == "This link asks for a passphrase."


def test_picture_is_drawn_once_and_then_kept(alice: User, said: list[str]) -> None:
    made = make_progress_link(alice)
    unfurl(made)
    drawn = len(said)

    unfurl(made)

    assert len(said) == drawn > 0


def test_picture_is_gone_with_its_link(alice: User, client: Client) -> None:
    """Also where it could not be taken out of the cache."""
    made, other = make_progress_link(alice), make_progress_link(alice, days=1)
    unfurl(made)
    unfurl(other)
    key = f"progress-card:{made.link.digest}"
    kept = cache.get(key)
    client.force_login(alice)

    client.post(f"/progress-links/{made.link.pk}/revoke/")

    assert cache.get(key) is None
    cache.set(key, kept)
    assert Client().get(f"/p/{made.token}/card.png").status_code == 404
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        assert Client().get(f"/p/{other.token}/card.png").status_code == 404


def test_picture_is_gone_with_its_owner(alice: User) -> None:
    made = make_progress_link(alice)
    unfurl(made)

    User.objects.update(is_active=False)

    assert Client().get(f"/p/{made.token}/card.png").status_code == 404
    assert progress_links.open_at(made.token, now=NOW) is None
