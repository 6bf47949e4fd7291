"""XML of strangers, and the small helpers that reading and writing it share."""

from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from questions.exchange.found import Unreadable

MOST_DEPTH = 60


def parse(data: bytes) -> Element:
    """Raises Unreadable for what is no XML, has a document type (and so may have entities), or nests absurdly."""
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except ParseError as error:
        raise Unreadable(f"Not sound XML: {error.msg}.", error.position[0]) from error
    except DefusedXmlException as error:
        raise Unreadable("The XML has a document type or entities; take the line <!DOCTYPE …> out.") from error
    except (ValueError, LookupError) as error:
        raise Unreadable(f"The XML's encoding cannot be read: {error}. Save the file as UTF-8.") from error
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > MOST_DEPTH:
            raise Unreadable(f"The XML nests more than {MOST_DEPTH} deep; that is no question.")
        level = [child for element in level for child in element]
    return root


def add(parent: Element, tag: str, text: str | None = None, **attributes: str) -> Element:
    element = SubElement(parent, tag, attributes)
    element.text = text
    return element


def document(root: Element) -> bytes:
    written: bytes = tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + written + b"\n"
