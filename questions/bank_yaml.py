"""Reading YAML safely: plain values that remember their line, bombs and bad bytes refused with a message."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

# An export holds its pictures in it.
MOST_BYTES = 50 * 1024 * 1024
MOST_DEPTH = 12
MOST_NODES = 500_000


class BadYaml(Exception):
    """The file cannot be read as plain YAML. `line` counts from 1; 0 means the whole file."""

    def __init__(self, message: str, line: int = 0) -> None:
        self.message, self.line = message, line
        super().__init__(message)


class Located(dict[str, Any]):
    """A YAML mapping that knows on which line it and each of its keys stand."""

    line: int
    lines: dict[str, int]

    @classmethod
    def at(cls, line: int, fields: Mapping[str, Any]) -> "Located":
        """Fields that came from elsewhere, all of them on one line."""
        found = cls({name: _at(line, value) for name, value in fields.items()})
        found.line, found.lines = line, dict.fromkeys(fields, line)
        return found


def _at(line: int, value: Any) -> Any:
    if isinstance(value, Located):
        return value
    if isinstance(value, Mapping):
        return Located.at(line, value)
    return [_at(line, part) for part in value] if isinstance(value, list) else value


def read(path: Path) -> Any:
    """Parse one file into str, int, float, bool, None, list and Located.

    Raises BadYaml for a file that is missing, over 50 MB, not UTF-8, not YAML, nested too deeply, or that uses anchors,
    aliases, tags or a key twice.
    """
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise BadYaml(f"The file has {size:,} bytes; split it into files of at most {MOST_BYTES:,}.")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise BadYaml(f"The file cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BadYaml("This line is not UTF-8; save the file in UTF-8.", line) from error
    return parse(text)


def parse(text: str) -> Any:
    try:
        _refuse_bombs(yaml.parse(text, Loader=yaml.CSafeLoader))
        loader = yaml.CSafeLoader(text)
        try:
            node = loader.get_single_node()
            return None if node is None else _value(loader, node)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise BadYaml(f"Not valid YAML: {error.problem}.", line) from error
    except yaml.YAMLError as error:
        raise BadYaml(f"Not valid YAML: {error}.") from error


def _refuse_bombs(events: Iterator[yaml.Event]) -> None:
    """Walk the event stream, which takes constant memory, before anything is built."""
    depth = 0
    for count, event in enumerate(events, start=1):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise BadYaml("Anchors and aliases (& and *) are not allowed; write the text out.", line)
        if tag := getattr(event, "tag", None):
            raise BadYaml(f"Tags such as {tag} are not allowed; quote what is meant as text.", line)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MOST_DEPTH:
            raise BadYaml("Nested too deeply for an item.", line)
        if count > MOST_NODES:
            raise BadYaml("Too many entries for one file; split it.", line)


def _value(loader: yaml.CSafeLoader, node: yaml.Node) -> Any:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node)
    if isinstance(node, yaml.SequenceNode):
        return [_value(loader, child) for child in node.value]
    if not node.tag.startswith("tag:yaml.org,2002:"):
        raise BadYaml(f"The tag {node.tag} is not allowed.", line)
    try:
        return loader.construct_object(node)
    except ValueError as error:
        raise BadYaml(f"Not a valid value: {node.value}.", line) from error


def _mapping(loader: yaml.CSafeLoader, node: yaml.MappingNode) -> Located:
    found = Located()
    found.line, found.lines = node.start_mark.line + 1, {}
    for key_node, value_node in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        if key in found:
            raise BadYaml(f"The field {key!r} stands twice.", line)
        found[key] = _value(loader, value_node)
        found.lines[key] = line
    return found
