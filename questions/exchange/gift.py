"""GIFT: Moodle's text format for questions (docs.moodle.org, "GIFT format").

Id, labels and tags stand in the comment before a question as Moodle writes them; rationales are the answers' feedback,
point and references the general feedback; a text or table exhibit is part of the stem, in Markdown.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from questions.exchange import labels, markup
from questions.exchange.found import CannotCarry, Reading, Unreadable, with_key
from questions.exchange.text import decode
from questions.models.item import ITEM_CODE

ESCAPED = "\\:#={}~"
# While a question is taken apart, each escaped character is a noncharacter, which no text may hold.
_HIDDEN = {f"\\{char}": chr(0xFDD0 + place) for place, char in enumerate(ESCAPED)} | {"\\n": chr(0xFDD0 + len(ESCAPED))}
_SHOWN = {hidden: mark[1].replace("n", "\n") for mark, hidden in _HIDDEN.items()}
LABEL = re.compile(r"\[(id|tag):((?:[^\]\\]|\\.)*)\]")
FORMAT = re.compile(r"^\s*\[(html|markdown|moodle|plain)\]")
TASK = re.compile(r"^[A-Z]{2,8}-\d+\b")
WEIGHT = re.compile(r"^\s*%(-?[\d.]+)%")
TAG = re.compile(r"</?(?:p|br|b|i|u|em|strong|span|div|sub|sup|pre|code|img|table|ul|ol|li)\b[^>]*>", re.IGNORECASE)
LISTING = re.compile(r"^(?:\*\*(?P<title>.+)\*\*\n\n)?```\n(?P<body>.*)\n```\n\n(?P<stem>.*)$", re.DOTALL)
TABLE = re.compile(r"^(?:\*\*(?P<title>.+)\*\*\n\n)?(?P<body>\|[^\n]*(?:\n\|[^\n]*)+)\n\n(?P<stem>.*)$", re.DOTALL)


# --- Writing ----------------------------------------------------------------------------------------------------
def write(entries: Iterable[Mapping[str, Any]]) -> bytes:
    blocks = []
    task = None
    for entry in sorted(entries, key=lambda entry: (entry["task"], entry["id"])):
        if entry["task"] != task:
            task = entry["task"]
            blocks.append(f"$CATEGORY: $course$/top/{task}")
        blocks.append(_block(entry))
    return "\n\n".join(blocks).encode() + b"\n"


def must_carry(entry: Mapping[str, Any]) -> None:
    exhibit = entry.get("exhibit")
    if exhibit and exhibit["kind"] not in ("text", "table"):
        raise CannotCarry("its exhibit is a picture")
    if exhibit and exhibit["kind"] == "text" and "```" in exhibit["body"]:
        raise CannotCarry("its exhibit holds a Markdown fence")
    markup.must_be_xml(entry["stem"], exhibit["body"] if exhibit else "")


def _block(entry: Mapping[str, Any]) -> str:
    tags = "".join(f" [tag:{_bracketed(label)}]" for label in labels.labels_of(entry))
    stem, kind = entry["stem"], "plain"
    if exhibit := entry.get("exhibit"):
        kind = "markdown"
        body = f"```\n{exhibit['body']}\n```" if exhibit["kind"] == "text" else exhibit["body"].strip()
        stem = f"**{exhibit['title']}**\n\n{body}\n\n{stem}"
    lines = [f"// [id:{entry['id']}]{tags}", f"::{entry['id']}::[{kind}]{_escape(stem)}{{"]
    for option in entry["options"]:
        sign = "=" if option["id"] == entry["key"] else "~"
        feedback = f"#{_escape(option['rationale'])}" if option["rationale"] else ""
        lines.append(f"\t{sign}{_escape(option['text'])}{feedback}")
    if note := labels.note_of(entry):
        lines.append(f"\t####{_escape(note)}")
    return "\n".join([*lines, "}"])


def _escape(text: str) -> str:
    return re.sub(r"([\\:#={}~])", r"\\\1", text).replace("\n", r"\n")


def _bracketed(text: str) -> str:
    return re.sub(r"([\\\]])", r"\\\1", text)


# --- Reading ----------------------------------------------------------------------------------------------------
def read(data: bytes, name: str) -> Reading:
    reading = Reading()
    category = ""
    for line, comments, block in _blocks(decode(data)):
        if block.startswith("$CATEGORY:"):
            category = block.partition(":")[2].strip()
            continue
        reading.take(name, line, lambda: _fields(block, comments, category))  # noqa: B023  called at once
    return reading


def _blocks(text: str) -> Iterator[tuple[int, list[str], str]]:
    """Line, comments before it, and text of every question: they end at a blank line outside of braces."""
    comments: list[str] = []
    lines: list[str] = []
    start = depth = 0
    for number, line in enumerate([*_hide(text).split("\n"), ""], start=1):
        if line.strip().startswith("//"):
            if not lines:
                comments.append(line)
            continue
        if not line.strip() and depth <= 0:
            if lines:
                yield start, comments, "\n".join(lines)
                comments, lines = [], []
            depth = 0
            continue
        start = start if lines else number
        lines.append(line)
        depth += line.count("{") - line.count("}")
        if line.startswith("$CATEGORY:"):
            yield start, [], line
            comments, lines, depth = [], [], 0
    if lines:
        yield start, comments, "\n".join(lines)


def _hide(text: str) -> str:
    return re.sub(r"\\[\\:#={}~n]", lambda found: _HIDDEN[found[0]], text)


def _show(text: str) -> str:
    return re.sub("[" + "".join(_SHOWN) + "]", lambda found: _SHOWN[found[0]], text)


def _fields(block: str, comments: list[str], category: str) -> dict[str, Any]:
    title, block = _title(block)
    opened, closed = block.find("{"), block.rfind("}")
    if opened < 0:
        raise Unreadable("The block has no answers; they stand in braces: {=right ~wrong ~wrong}.")
    if closed < opened:
        raise Unreadable(
            "The brace that opens the answers is never closed; a brace within a text is written \\{ or \\}."
        )
    inside, after = block[opened + 1 : closed], block[closed + 1 :].strip()
    if "{" in inside:
        raise Unreadable("A second brace opens before the first closes; a brace within a text is written \\{ or \\}.")
    stem = block[:opened].strip() + (f" _____ {after}" if after else "")
    kind = FORMAT.match(stem)
    answers, note = _answers(inside, kind[1] if kind else "")
    fields = _stem_fields(stem) | with_key(answers)
    known = _labelled(comments)
    tags = labels.fields_of(text for kind, text in known if kind == "tag")
    last = category.rsplit("/", 1)[-1].strip()
    if found := TASK.match(last):
        fields["task"] = found[0]
    codes = [text for kind, text in known if kind == "id"] + [title]
    if code := next((code for code in codes if re.match(ITEM_CODE, code)), ""):
        fields["id"] = code
    return fields | tags | labels.fields_of_note(note)


def _title(block: str) -> tuple[str, str]:
    if found := re.match(r"\s*::(.*?)::", block, re.DOTALL):
        return _show(found[1]).strip(), block[found.end() :]
    return "", block


def _labelled(comments: list[str]) -> list[tuple[str, str]]:
    # Comments are not escaped as questions are: undo the hiding before reading the labels.
    raw = [re.sub("[" + "".join(_SHOWN) + "]", lambda hidden: _unhidden(hidden[0]), line) for line in comments]
    return [(kind, re.sub(r"\\(.)", r"\1", text)) for line in raw for kind, text in LABEL.findall(line)]


def _unhidden(hidden: str) -> str:
    return next(mark for mark, char in _HIDDEN.items() if char == hidden)


def _answers(inside: str, kind: str) -> tuple[list[tuple[str, str, bool]], str]:
    """Texts, feedback and whether each is right; and the general feedback. `kind` is the question's own format."""
    inside, _, note = inside.partition("####")
    inside = inside.strip()
    if not inside:
        raise Unreadable("The question is an essay or a description; only multiple choice with one key is read.")
    if inside.startswith("#") or re.match(r"(?i)(T|TRUE|F|FALSE)\s*(#|$)", inside):
        raise Unreadable("The question is numerical or true/false; only multiple choice with one key is read.")
    if "->" in inside and "~" not in inside:
        raise Unreadable("The question is a matching question; only multiple choice with one key is read.")
    if "~" not in inside:
        raise Unreadable("The question is a short answer; write wrong answers with ~ to make it multiple choice.")
    parts = re.split(r"([=~])", inside)
    if parts[0].strip():
        raise Unreadable(f"Before the first answer stands {_show(parts[0]).strip()[:60]!r}; answers start with = or ~.")
    answers = [_answer(sign, text, kind) for sign, text in zip(parts[1::2], parts[2::2], strict=True)]
    return answers, _text(note, kind)


def _answer(sign: str, text: str, kind: str) -> tuple[str, str, bool]:
    weight = 100.0 if sign == "=" else 0.0
    if found := WEIGHT.match(text):
        try:
            weight = float(found[1])
        except ValueError as error:
            raise Unreadable(f"The weight %{found[1]}% is not a number.") from error
        text = text[found.end() :]
    if 0 < weight < 100:
        raise Unreadable(f"An answer is worth {weight:g} %; partly right answers do not fit an item with one key.")
    answer, _, feedback = text.partition("#")
    return _text(answer, kind), _text(feedback, kind), weight == 100


def _text(text: str, inherited: str) -> str:
    own = FORMAT.match(text)
    kind = own[1] if own else inherited
    shown = _show(text[own.end() :] if own else text).strip()
    is_html = kind == "html" or (kind in ("", "moodle") and bool(TAG.search(shown)))
    return markup.plain(shown) if is_html else shown


def _stem_fields(stem: str) -> dict[str, Any]:
    kind = FORMAT.match(stem)
    text = _show(stem[kind.end() :] if kind else stem).strip()
    name = kind[1] if kind else ""
    if name == "html" or (name in ("", "moodle") and TAG.search(text)):
        return markup.stem_and_exhibit(text, lambda _: None)
    if name == "markdown":
        for exhibit_kind, pattern in (("text", LISTING), ("table", TABLE)):
            if found := pattern.match(text):
                title = found["title"] or "Exhibit"
                return {
                    "stem": found["stem"].strip(),
                    "exhibit": {"kind": exhibit_kind, "title": title, "body": found["body"]},
                }
    return {"stem": text}
