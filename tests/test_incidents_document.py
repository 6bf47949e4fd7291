"""docs/incidents.md names tests that exist."""

import ast
import re
from pathlib import Path

NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def names_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_test_that_is_named_exists(root: Path) -> None:
    named = NAMED.findall((root / "docs/incidents.md").read_text(encoding="utf-8"))

    missing = [(path, name) for path, name in named if not (root / path).exists() or name not in names_in(root / path)]

    assert missing == []


def test_every_class_names_a_test_or_says_why_none_applies(root: Path) -> None:
    text = (root / "docs/incidents.md").read_text(encoding="utf-8")
    classes = re.split(r"^## ", text, flags=re.MULTILINE)[1:]

    assert len(classes) > 15
    assert [one.splitlines()[0] for one in classes if not NAMED.search(one) and "Does not apply:" not in one] == []
    assert set(re.findall(r"`(tests/[^`]*)`", text)) - {f"{path}::{name}" for path, name in NAMED.findall(text)} == {
        "tests/test_incidents_document.py"
    }
