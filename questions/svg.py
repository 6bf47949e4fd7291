"""SVG exhibits: checked against a short list of plain drawing elements, refused otherwise.

The drawing is set into the page itself, so that it takes the page's colours in light and dark.
"""

import re
from xml.etree.ElementTree import Element, ParseError, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

NAMESPACE = "{http://www.w3.org/2000/svg}"
ELEMENTS = {
    "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "title", "desc",
    "defs", "marker",
}  # fmt: skip
ATTRIBUTES = {
    "viewBox", "role", "fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin",
    "fill-opacity", "stroke-opacity", "opacity", "font-family", "font-size", "font-weight", "text-anchor",
    "dominant-baseline", "transform", "d", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "dx", "dy",
    "width", "height", "points", "id", "marker-end", "marker-start", "markerWidth", "markerHeight", "markerUnits",
    "refX", "refY", "orient", "aria-label", "aria-labelledby", "preserveAspectRatio",
}  # fmt: skip
LOCAL_URL = re.compile(r"^url\(#[\w-]+\)$")
MOST_CHARACTERS = 100_000

ID_PREFIX = "svg-"


class BadSvg(Exception):
    """The drawing is not allowed; the message says what to take out."""


def is_markup(data: bytes) -> bool:
    """Whether the bytes of a file begin as XML or HTML does, whatever the file is called."""
    return data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def check(source: str) -> str:
    """The drawing written anew from its parsed tree, when every element and attribute is on the list.

    Writing it anew drops comments and CDATA, which HTML reads differently from XML. Raises BadSvg.
    """
    if len(source) > MOST_CHARACTERS:
        raise BadSvg(f"The drawing has over {MOST_CHARACTERS:,} characters; simplify it.")
    try:
        root = fromstring(source, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise BadSvg(f"The drawing is not plain XML: {error}.") from error
    if root.tag != f"{NAMESPACE}svg":
        raise BadSvg("The drawing must be an <svg> element in the SVG namespace.")
    for element in root.iter():
        _check(element)
        _mark_ids(element)
        # Names without their namespace, stated once: the prefixes that ElementTree writes hang on a table of the whole
        # process, which any library may change.
        element.tag = str(element.tag).removeprefix(NAMESPACE)
    said = dict(root.attrib)
    root.attrib.clear()
    root.attrib.update({"xmlns": NAMESPACE.strip("{}"), **said})
    return tostring(root, encoding="unicode").strip()


def _mark_ids(element: Element) -> None:
    """Give the drawing's ids a prefix of their own, so that none can stand for an element of the page."""
    if "id" in element.attrib:
        element.set("id", _marked(element.attrib["id"]))
    for name, value in element.attrib.items():
        if name == "aria-labelledby":
            element.set(name, " ".join(map(_marked, value.split())))
        elif LOCAL_URL.match(value):
            element.set(name, f"url(#{_marked(value[5:-1])})")


def _marked(name: str) -> str:
    return name if name.startswith(ID_PREFIX) else ID_PREFIX + name


def _check(element: Element) -> None:
    name = str(element.tag).removeprefix(NAMESPACE)
    if name not in ELEMENTS:
        raise BadSvg(f"The element <{name}> is not allowed; use plain shapes and text.")
    for attribute, value in element.attrib.items():
        if attribute not in ATTRIBUTES:
            raise BadSvg(f"The attribute {attribute} of <{name}> is not allowed.")
        if "url(" in value and not LOCAL_URL.match(value):
            raise BadSvg(f"The attribute {attribute} of <{name}> points outside the drawing.")
