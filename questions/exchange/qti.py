"""QTI 2.1 and 3.0 content packages (1EdTech): one file per item, a manifest with IEEE LOM keywords.

Both versions say the same; 3.0 spells its elements qti-simple-choice where 2.1 says simpleChoice. Read is what either
version, with any namespace or none, holds of choice interactions with one right answer.
"""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element, tostring

from questions.exchange import archives, labels, markup
from questions.exchange.found import Reading, Unreadable, with_key
from questions.exchange.xml import parse
from questions.models.item import ITEM_CODE

ITEM = "assessmentitem"
HTML_ONLY = {"rubricblock", "choiceinteraction", "feedbackinline", "feedbackblock", "stylesheet", "templateblock"}


def read(data: bytes, name: str) -> Reading:
    """A package, or a single item's XML."""
    files = archives.read(data) if data.startswith(b"PK") else {name: data}
    reading = Reading()
    keywords = _Manifest.of(files)
    for path in sorted(files):
        if not path.lower().endswith(".xml") or posixpath.basename(path) == "imsmanifest.xml":
            continue
        place = f"{name}/{path}" if path != name else name
        reading.take(place, 0, lambda: _fields(files, path, keywords.labels.get(path, [])))  # noqa: B023  called at once
    if not reading.found and not reading.problems:
        raise Unreadable("The package holds no item; items are XML files with an assessmentItem inside.")
    return reading


@dataclass(frozen=True)
class _Manifest:
    """LOM keywords by the item's path."""

    labels: Mapping[str, list[str]]

    @classmethod
    def of(cls, files: Mapping[str, bytes]) -> "_Manifest":
        path = next((path for path in files if posixpath.basename(path) == "imsmanifest.xml"), None)
        if path is None:
            return cls({})
        folder = posixpath.dirname(path)
        found = {}
        for resource in _all(parse(files[path]), "resource"):
            target = posixpath.normpath(posixpath.join(folder, unquote(resource.get("href", ""))))
            words = [text for keyword in _all(resource, "keyword") for text in keyword.itertext() if text.strip()]
            found[target] = [word.strip() for word in words]
        return cls(found)


def _fields(files: Mapping[str, bytes], path: str, keywords: list[str]) -> dict[str, Any] | None:
    root = parse(files[path])
    if _name(root) != ITEM:
        # A test, a section or another part of the package.
        return None
    interactions = [element for element in root.iter() if _name(element).endswith("interaction")]
    if [_name(element) for element in interactions] != ["choiceinteraction"]:
        kinds = ", ".join(sorted({_name(element) for element in interactions})) or "none"
        raise Unreadable(f"The item's interactions are: {kinds}. Only items with one choice interaction are read.")
    choices = interactions[0]
    fields = _body(root, choices, _beside(files, path))
    fields |= with_key(_answers(root, choices))
    fields["order"] = "shuffle" if _said(choices, "shuffle") in ("true", "1") else "fixed"
    codes = [root.get("identifier", ""), root.get("title", "")]
    if code := next((code for code in codes if re.match(ITEM_CODE, code)), ""):
        fields["id"] = code
    rubrics = [_html(block) for block in _all(root, "rubricblock") if "author" in _said(block, "view").split()]
    return fields | labels.fields_of(keywords) | labels.fields_of_note("\n".join(map(markup.plain, rubrics)))


def _beside(files: Mapping[str, bytes], path: str) -> Any:
    folder = posixpath.dirname(path)
    return lambda source: files.get(posixpath.normpath(posixpath.join(folder, unquote(source))))


def _body(root: Element, choices: Element, file: Any) -> dict[str, Any]:
    """The stem stands in the body, in the interaction's prompt, or in both."""
    body = next(iter(_all(root, "itembody")), None)
    parts = [_html(body)] if body is not None else []
    parts += [f"<p>{_html(prompt)}</p>" for prompt in _all(choices, "prompt")]
    return markup.stem_and_exhibit("".join(parts), file)


def _answers(root: Element, choices: Element) -> list[tuple[str, str, bool]]:
    name = _said(choices, "responseidentifier")
    declared = [one for one in _all(root, "responsedeclaration") if one.get("identifier") == name]
    right = {
        (value.text or "").strip()
        for one in declared
        for part in _all(one, "correctresponse")
        for value in _all(part, "value")
    }
    if not right:
        mapped = [entry for one in declared for entry in _all(one, "mapentry")]
        right = {_said(entry, "mapkey") for entry in mapped if _positive(_said(entry, "mappedvalue"))}
    modal = {block.get("identifier", ""): markup.plain(_html(block)) for block in _all(root, "modalfeedback")}
    answers = []
    for choice in _all(choices, "simplechoice"):
        identifier = choice.get("identifier", "")
        inside = [markup.plain(_html(block)) for block in choice.iter() if _name(block).startswith("feedback")]
        rationale = "\n\n".join(inside) or modal.get(identifier, "")
        answers.append((markup.plain(_html(choice)), rationale, identifier in right))
    return answers


def _positive(value: str) -> bool:
    try:
        return float(value) > 0
    except ValueError:
        return False


def _html(element: Element) -> str:
    """What is inside, as HTML without namespaces, and without QTI's own elements."""
    parts = [_escaped(element.text)]
    for child in element:
        if _name(child) not in HTML_ONLY:
            parts.append(_plain_tree(child))
        parts.append(_escaped(child.tail))
    return "".join(parts)


def _plain_tree(element: Element) -> str:
    bare = Element(_bare(element), {key.rpartition("}")[2]: value for key, value in element.attrib.items()})
    opening = tostring(bare, encoding="unicode", short_empty_elements=False).rpartition("</")[0]
    return f"{opening}{_html(element)}</{bare.tag}>"


def _escaped(text: str | None) -> str:
    return (text or "").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _bare(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _name(element: Element) -> str:
    """'simplechoice' for simpleChoice and for qti-simple-choice."""
    return _bare(element).lower().removeprefix("qti-").replace("-", "")


def _said(element: Element, name: str) -> str:
    """An attribute, by its name without capitals and dashes."""
    return next((value for key, value in element.attrib.items() if _key(key) == name), "")


def _key(attribute: str) -> str:
    return attribute.rpartition("}")[2].lower().replace("-", "")


def _all(root: Element, name: str) -> list[Element]:
    return [element for element in root.iter() if _name(element) == name]
