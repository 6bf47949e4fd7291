"""What axe does not measure: the outlines by which a control is seen (WCAG 1.4.11), and the sizes of targets."""

import re
from typing import Literal

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.exam_room import ExamRoom

Colour = tuple[float, float, float]

# The outline's colour, and the colours that are seen on either side of it.
COLOURS = """element => {
  const behind = (node) => {
    while (node && getComputedStyle(node).backgroundColor === "rgba(0, 0, 0, 0)") node = node.parentElement;
    return node ? getComputedStyle(node).backgroundColor : "rgb(255, 255, 255)";
  };
  const style = getComputedStyle(element);
  return [style.borderTopColor, behind(element), behind(element.parentElement)];
}"""


def parsed(colour: str) -> Colour:
    match = re.fullmatch(r"rgb\((\d+), (\d+), (\d+)\)", colour)
    assert match, f"{colour} is not opaque"
    red, green, blue = (int(part) / 255 for part in match.groups())
    return red, green, blue


def luminance(colour: Colour) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


def outline_contrast(element: Locator) -> float:
    """The weaker of the two sides."""
    outline, inside, outside = (parsed(colour) for colour in element.evaluate(COLOURS))
    assert float(element.evaluate("element => parseFloat(getComputedStyle(element).borderTopWidth)")) >= 1
    return min(contrast(outline, inside), contrast(outline, outside))


def show(page: Page, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    expect(page.locator("html")).to_have_attribute("data-bs-theme", scheme)


def test_contrast_of_known_colours() -> None:
    assert contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21)
    assert contrast(parsed("rgb(118, 118, 118)"), (1, 1, 1)) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_option_and_choice_are_seen(room: ExamRoom, scheme: Literal["light", "dark"]) -> None:
    show(room.page, scheme)
    room.choose(1)

    assert outline_contrast(room.option(2)) >= 3
    assert outline_contrast(room.item.locator("label").nth(1)) >= 3
    filled = "element => getComputedStyle(element).backgroundColor"
    chosen, other = (parsed(room.option(place).evaluate(filled)) for place in (1, 2))
    assert contrast(chosen, other) >= 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_cells_of_the_review_screen_are_seen(room: ExamRoom, scheme: Literal["light", "dark"]) -> None:
    room.press("a", "n", "n", "r")
    show(room.page, scheme)

    for kind in ("complete", "incomplete", "unseen"):
        assert outline_contrast(room.page.locator(f".cell[data-kind={kind}]").first) >= 3, kind


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_of_an_item_is_read_with_ease(room: ExamRoom, scheme: Literal["light", "dark"]) -> None:
    """WCAG 1.4.6 (AAA), for the chosen option too."""
    show(room.page, scheme)
    room.choose(1)
    colours = COLOURS.replace("style.borderTopColor", "style.color")

    for element in [room.item.locator(".stem p"), *room.item.locator("label").all()]:
        text, behind, _ = (parsed(colour) for colour in element.evaluate(colours))
        assert contrast(text, behind) >= 7


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_input_outline_is_seen(page: Page, scheme: Literal["light", "dark"]) -> None:
    for path in ("/account/login/", "/account/signup/"):
        page.goto(path)
        show(page, scheme)
        fields = page.locator("main input:visible:not([type=checkbox])")
        assert fields.count() >= 2
        for field in fields.all():
            assert outline_contrast(field) >= 3


def test_controls_of_the_room_are_large_enough(room: ExamRoom) -> None:
    room.page.set_viewport_size({"width": 390, "height": 800})
    for locator in [room.page.locator(".room button:visible"), room.item.locator("label")]:
        for control in locator.all():
            box = control.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= 44, control.text_content()
