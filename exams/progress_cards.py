"""The picture that a chat shows beside a progress link: 1200 by 630 pixels, drawn of a `Progress` and nothing else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache as remember
from io import BytesIO

from django.core.cache import cache
from PIL import Image, ImageDraw, ImageFont

from accounts.models import ProgressLink
from exams import progress_pages
from exams.progress_pages import Progress, Standing, Trend, plan_in_words, streak_in_words
from exams.reports import DomainLine

WIDTH, HEIGHT = 1200, 630
# Shapes have hard edges: everything is drawn twice as large and then reduced.
SCALE = 2
LEFT, RIGHT, TOP, BOTTOM, GAP = 64, 1136, 178, 556, 56
# The site by day, as in site.css.
PAPER, INK, QUIET, LINE, ACCENT, RANGE, GREY = (
    "#fbfaf7", "#16202a", "#4a5763", "#d9d5cc", "#0b5f66", "#91b7ba", "#8b949c",
)  # fmt: skip
NOTE = "About this bank and its practice cut; of the CIIP exam itself it says nothing. Independent, unofficial."
# Chats fetch a picture once for each place where a link is posted.
KEPT_SECONDS = 300

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    def across(self, share: float) -> float:
        return self.left + (self.right - self.left) * share

    def halves(self) -> "tuple[Box, Box]":
        middle = self.across(0.5)
        return Box(self.left, self.top, middle - GAP / 2, self.bottom), Box(
            middle + GAP / 2, self.top, self.right, self.bottom
        )


class Canvas:
    """Paper to draw on in pixels of the finished picture."""

    def __init__(self) -> None:
        self.image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), PAPER)
        self.draw = ImageDraw.Draw(self.image)

    def text(self, x: float, y: float, text: str, *, size: float, colour: str = INK, anchor: str = "lm") -> None:
        self.draw.text((x * SCALE, y * SCALE), text, fill=colour, font=_font(round(size)), anchor=anchor)

    def fitting(self, text: str, *, size: float, width: float) -> str:
        """The text, or as much of its beginning as fits."""
        kept = text
        while kept and _font(round(size)).getlength(kept + ("…" if kept != text else "")) > width * SCALE:
            kept = kept[:-1].rstrip()
        return kept if kept == text else kept + "…"

    def bar(self, left: float, right: float, y: float, *, width: float, colour: str) -> None:
        """A level line with round ends."""
        half = width / 2
        ends = ((left - half) * SCALE, (y - half) * SCALE, (right + half) * SCALE, (y + half) * SCALE)
        self.draw.rounded_rectangle(ends, radius=half * SCALE, fill=colour)

    def post(self, x: float, top: float, bottom: float, *, width: float, colour: str) -> None:
        """The same, upright."""
        half = width / 2
        ends = ((x - half) * SCALE, (top - half) * SCALE, (x + half) * SCALE, (bottom + half) * SCALE)
        self.draw.rounded_rectangle(ends, radius=half * SCALE, fill=colour)

    def dot(self, x: float, y: float, radius: float, *, colour: str) -> None:
        self.draw.circle((x * SCALE, y * SCALE), radius * SCALE, fill=colour)

    def cut(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """The practice cut, dashed."""
        steps = max(1, round((abs(end[0] - start[0]) + abs(end[1] - start[1])) / 9))
        places = [
            tuple((a + (b - a) * step / steps) * SCALE for a, b in zip(start, end, strict=True))
            for step in range(steps + 1)
        ]
        for number in range(0, steps, 2):
            self.draw.line([places[number], places[number + 1]], fill=QUIET, width=2 * SCALE)

    def png(self) -> bytes:
        out = BytesIO()
        # A few flat colours and their edges: a palette makes a third of the bytes.
        self.image.reduce(SCALE).quantize(128).save(out, "PNG", optimize=True)
        return out.getvalue()


def of(link: ProgressLink, *, now: datetime) -> bytes:
    """The picture of an open link, a few minutes old at most. With a passphrase it says no more than that there is one.

    Kept under the digest: whoever reads the cache's keys opens nothing with them.
    """
    key = _key(link)
    kept = cache.get(key)
    if kept is None:
        kept = locked() if link.passphrase else drawn(progress_pages.of(link, now=now))
        cache.set(key, kept, KEPT_SECONDS)
    return bytes(kept)


def forget(link: ProgressLink) -> None:
    """Nobody is given the picture of a link that has ended; this takes what is left of it out of the cache."""
    cache.delete(_key(link))


def locked() -> bytes:
    canvas = _canvas("Progress in CIIP practice")
    canvas.text(LEFT, (TOP + BOTTOM) / 2, "This link asks for a passphrase.", size=44, colour=QUIET)
    return canvas.png()


def drawn(progress: Progress) -> bytes:
    title = progress.title if is_drawable(progress.title) else Progress("", progress.on).title
    canvas = _canvas(title, f"{progress.on:%B} {progress.on.day}, {progress.on.year}")
    rows = _rows(canvas, progress)
    top, unit = float(TOP), (BOTTOM - TOP) / max(1.0, sum(weight for weight, _ in rows))
    for weight, row in rows:
        row(Box(LEFT, top, RIGHT, top + weight * unit))
        top += weight * unit
    return canvas.png()


def is_drawable(text: str) -> bool:
    """Whether the font has every letter: better no name than one of empty boxes."""
    font = _font(20)
    none = bytes(font.getmask("\uffff"))
    return all(letter.isspace() or bytes(font.getmask(letter)) != none for letter in text)


def _rows(canvas: Canvas, progress: Progress) -> list[tuple[float, Callable[[Box], None]]]:
    """What is shown, from above, with the share of the height that each takes."""
    rows: list[tuple[float, Callable[[Box], None]]] = []
    if progress.standing:
        standing = progress.standing
        rows.append((1.0, lambda box: _standing(canvas, box, standing)))
    pictures = [
        *([_domains_of(canvas, progress.domains)] if progress.domains else []),
        *([_trend_of(canvas, progress.trend)] if progress.trend else []),
    ]
    if pictures:
        rows.append((1.7, lambda box: _beside(pictures, box)))
    facts = [
        *([streak_in_words(progress.streak)] if progress.streak else []),
        *([plan_in_words(progress.plan)] if progress.plan else []),
    ]
    if facts and rows:
        rows.append((0.4, lambda box: _beside([_fact_of(canvas, fact) for fact in facts], box)))
    elif facts:
        rows += [(1.0, _fact_of(canvas, fact)) for fact in facts]
    return rows


def _beside(parts: Sequence[Callable[[Box], None]], box: Box) -> None:
    """One part over the whole width, or two beside each other."""
    for draw, place in zip(parts, box.halves() if len(parts) > 1 else [box], strict=True):
        draw(place)


def _canvas(title: str, corner: str = "") -> Canvas:
    canvas = Canvas()
    canvas.draw.rectangle((0, 0, WIDTH * SCALE, 14 * SCALE), fill=ACCENT)
    canvas.text(LEFT, 66, "CIIP Practice", size=26, colour=ACCENT)
    canvas.text(RIGHT, 66, corner, size=24, colour=QUIET, anchor="rm")
    canvas.text(LEFT, 126, canvas.fitting(title, size=54, width=RIGHT - LEFT), size=54)
    canvas.text(LEFT, 594, NOTE, size=21, colour=QUIET)
    return canvas


def _standing(canvas: Canvas, box: Box, standing: Standing) -> None:
    outlook = standing.outlook
    count = outlook.target.scored_count
    size = min(44.0, box.height / 3.4)
    if not outlook.is_shown:
        canvas.text(box.left, box.middle - size * 0.7, "Not enough yet for a forecast", size=size)
        missing = f"{outlook.n} of {standing.fewest_answers} fresh answers so far"
        canvas.text(box.left, box.middle + size * 0.7, missing, size=size * 0.68, colour=QUIET)
        return
    first = f"Expected {outlook.expected:.0f} of {count} right on a fresh form"
    # "to", because the font has no dash for ranges.
    span = f"80 % range {outlook.low} to {outlook.high}"
    rough = " · rough" if outlook.prior.is_rough else ""
    second = f"{span} · practice cut {outlook.target.cut} · {standing.chance} to reach it{rough}"
    canvas.text(box.left, box.middle - size * 1.05, first, size=size)
    canvas.text(box.left, box.middle + size * 0.05, second, size=size * 0.68, colour=QUIET)
    y = box.middle + size * 1.15
    canvas.bar(box.left, box.right, y, width=3, colour=LINE)
    canvas.bar(box.across(outlook.low / count), box.across(outlook.high / count), y, width=14, colour=RANGE)
    x = box.across(outlook.target.cut / count)
    canvas.cut((x, y - 20), (x, y + 20))
    canvas.dot(box.across(outlook.expected / count), y, 11, colour=ACCENT)


def _domains_of(canvas: Canvas, lines: Sequence[DomainLine]) -> Callable[[Box], None]:
    def draw(box: Box) -> None:
        step = box.height / (len(lines) + 0.5)
        size = min(24.0, step * 0.78)
        for number, line in enumerate(lines):
            y = box.top + step * (number + 0.75)
            name = canvas.fitting(line.name, size=size, width=(box.right - box.left) * 0.5)
            canvas.text(box.left, y, name, size=size, colour=INK if line.has_verdict else QUIET)
            chart = Box(box.across(0.55), y, box.right, y)
            canvas.bar(chart.left, chart.right, y, width=2, colour=LINE)
            if line.total:
                low, high = (chart.across(end) for end in (line.interval.low, line.interval.high))
                canvas.bar(low, high, y, width=8, colour=RANGE if line.has_verdict else LINE)
                colour = ACCENT if line.has_verdict else GREY
                canvas.dot(chart.across(line.right / line.total), y, 6, colour=colour)

    return draw


def _trend_of(canvas: Canvas, trend: Trend) -> Callable[[Box], None]:
    def draw(box: Box) -> None:
        if not trend.results:
            canvas.text(box.left, box.middle, "No mock finished yet", size=28, colour=QUIET)
            return
        area = Box(box.left, box.top + 46, box.right, box.bottom - 14)
        newest = trend.results[0]
        said = f"Newest mock: {newest.expected} of {newest.scored_count}, cut {newest.cut}"
        canvas.text(box.left, box.top + 20, said, size=24, colour=QUIET)

        def height(share: float) -> float:
            return area.bottom - area.height * share

        canvas.bar(area.left, area.right, area.bottom, width=2, colour=LINE)
        cut = height(newest.cut / newest.scored_count)
        canvas.cut((area.left, cut), (area.right, cut))
        for number, result in enumerate(reversed(trend.results)):
            x = area.across((number + 0.5) / len(trend.results))
            low, high, dot = (height(end / result.scored_count) for end in (result.low, result.high, result.expected))
            canvas.post(x, high, low, width=10, colour=RANGE)
            canvas.dot(x, dot, 8, colour=ACCENT)

    return draw


def _fact_of(canvas: Canvas, fact: str) -> Callable[[Box], None]:
    def draw(box: Box) -> None:
        width = box.right - box.left - 30
        size = min(44.0, box.height * 0.55)
        while canvas.fitting(fact, size=size, width=width) != fact and size > 16:
            size -= 1
        canvas.dot(box.left + 8, box.middle, 8, colour=ACCENT)
        canvas.text(box.left + 30, box.middle, canvas.fitting(fact, size=size, width=width), size=size)

    return draw


@remember
def _font(size: int) -> Font:
    """Pillow's own, so that the picture is the same on every machine."""
    return ImageFont.load_default(size * SCALE)


def _key(link: ProgressLink) -> str:
    return f"progress-card:{link.digest}"
