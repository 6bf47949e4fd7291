"""Moodle XML (docs.moodle.org, "Moodle XML format"): multiple choice with one right answer, both ways.

Task as category, id as idnumber, small facts as tags, rationales as the answers' feedback, point and references as the
general feedback; drawings and pictures travel inside the file.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element, indent

from questions.exchange import labels, markup
from questions.exchange.found import Reading, Unreadable, with_key
from questions.exchange.xml import add, document, parse
from questions.models.item import ITEM_CODE

PLACE = "@@PLUGINFILE@@/"
TASK = re.compile(r"^[A-Z]{2,8}-\d+\b")


# --- Writing ----------------------------------------------------------------------------------------------------
def write(entries: Iterable[Mapping[str, Any]]) -> bytes:
    quiz = Element("quiz")
    task = None
    for entry in sorted(entries, key=lambda entry: (entry["task"], entry["id"])):
        if entry["task"] != task:
            task = entry["task"]
            category = add(quiz, "question", type="category")
            _worded(category, "category", f"$course$/top/{task}")
        _question(quiz, entry)
    indent(quiz)
    return document(quiz)


def must_carry(entry: Mapping[str, Any]) -> None:
    exhibit = entry.get("exhibit")
    texts = [text for option in entry["options"] for text in (option["text"], option["rationale"])]
    markup.must_be_xml(entry["stem"], labels.note_of(entry), *texts, exhibit.get("body", "") if exhibit else "")
    markup.html_of(entry["stem"], exhibit, "picture" if markup.picture_of(exhibit) else "")


def _question(quiz: Element, entry: Mapping[str, Any]) -> None:
    question = add(quiz, "question", type="multichoice")
    _worded(question, "name", entry["id"])
    exhibit = entry.get("exhibit")
    picture = markup.picture_of(exhibit)
    name = f"exhibit.{picture[0]}" if picture else ""
    stem = _worded(
        question, "questiontext", markup.html_of(entry["stem"], exhibit, PLACE + name if name else ""), format="html"
    )
    if picture:
        add(stem, "file", base64.b64encode(picture[1]).decode(), name=name, path="/", encoding="base64")
    _worded(question, "generalfeedback", labels.note_of(entry), format="plain_text")
    facts = {
        "defaultgrade": "1",
        "penalty": "0.3333333",
        "hidden": "0",
        "idnumber": entry["id"],
        "single": "true",
        "shuffleanswers": "false" if entry.get("order") == "fixed" else "true",
        "answernumbering": "ABCD",
    }
    for fact, value in facts.items():
        add(question, fact, value)
    for option in entry["options"]:
        fraction = "100" if option["id"] == entry["key"] else "0"
        answer = add(question, "answer", fraction=fraction, format="plain_text")
        add(answer, "text", option["text"])
        _worded(answer, "feedback", option["rationale"], format="plain_text")
    tags = add(question, "tags")
    for label in labels.labels_of({**entry, "order": ""}):
        _worded(tags, "tag", label)


def _worded(parent: Element, tag: str, text: str, **attributes: str) -> Element:
    element = add(parent, tag, **attributes)
    add(element, "text", text)
    return element


# --- Reading ----------------------------------------------------------------------------------------------------
def read(data: bytes, name: str) -> Reading:
    root = parse(data)
    if root.tag != "quiz":
        raise Unreadable(f"The file's outermost element is <{root.tag}>; Moodle's question files start with <quiz>.", 1)
    reading = Reading()
    category = ""
    for number, question in enumerate(root.iter("question"), start=1):
        if question.get("type") == "category":
            category = question.findtext("category/text", "").strip()
            continue
        reading.take(f"{name}, question {number}", 0, lambda: _fields(question, category))  # noqa: B023  called at once
    return reading


def _fields(question: Element, category: str) -> dict[str, Any] | None:
    kind = question.get("type", "")
    if kind == "description":
        return None
    if kind != "multichoice":
        raise Unreadable(f"The question's type is {kind!r}; only multichoice with one key is read. Take it out.")
    fields = _stem(question) | with_key([_answer(answer) for answer in question.findall("answer")])
    fields["order"] = "fixed" if question.findtext("shuffleanswers", "true").strip() in ("false", "0") else "shuffle"
    if found := TASK.match(category.rsplit("/", 1)[-1].strip()):
        fields["task"] = found[0]
    codes = [question.findtext("idnumber", ""), question.findtext("name/text", "")]
    if code := next((code.strip() for code in codes if re.match(ITEM_CODE, code.strip())), ""):
        fields["id"] = code
    tags = [tag.text.strip() for tag in question.findall("tags/tag/text") if tag.text and tag.text.strip()]
    return fields | labels.fields_of(tags) | labels.fields_of_note(_text(question.find("generalfeedback")))


def _stem(question: Element) -> dict[str, Any]:
    stem = question.find("questiontext")
    if stem is None:
        raise Unreadable("The question has no <questiontext>.")
    text = stem.findtext("text", "")
    if stem.get("format", "html") in ("plain_text", "markdown"):
        return {"stem": text.strip()}
    files = {file.get("name", ""): file for file in stem.findall("file")}

    def content(source: str) -> bytes | None:
        file = files.get(unquote(source.removeprefix(PLACE)))
        if file is None or not source.startswith(PLACE):
            return None
        try:
            return base64.b64decode("".join((file.text or "").split()), validate=True)
        except binascii.Error as error:
            raise Unreadable(f"The file {file.get('name')!r} is not sound base64.") from error

    return markup.stem_and_exhibit(text, content)


def _answer(answer: Element) -> tuple[str, str, bool]:
    said = answer.get("fraction", "0").strip()
    try:
        fraction = float(said)
    except ValueError as error:
        raise Unreadable(f"An answer's fraction is {said!r}; it must be a number such as 100 or 0.") from error
    if 0 < fraction < 100:
        raise Unreadable(f"An answer is worth {fraction:g} %; partly right answers do not fit an item with one key.")
    return _text(answer), _text(answer.find("feedback")), fraction >= 100


def _text(element: Element | None) -> str:
    if element is None:
        return ""
    text = element.findtext("text", "")
    is_plain = element.get("format", "html") in ("plain_text", "markdown")
    return text.strip() if is_plain else markup.plain(text)
