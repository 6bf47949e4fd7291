"""Rules about the code as a whole that no linter of ours knows."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

OUR_DIRECTORIES = ("accounts", "questions", "exams", "ciip_site", "scripts", "benchmarks", "tests")
MOST_FILE_LINES = 400
MOST_FUNCTION_LINES = 45
UNWRITTEN = {"migrations", "vendor"}
# Names under which anything could be filed.
VAGUE_NAMES = {"utils", "helpers", "common", "misc", "managers", "services", "signals"}


def python_files(root: Path, *directories: str) -> Iterator[Path]:
    for directory in directories or OUR_DIRECTORIES:
        yield from (path for path in sorted((root / directory).rglob("*.py")) if not UNWRITTEN & set(path.parts))


def templates(root: Path) -> list[Path]:
    return sorted((root / "templates").rglob("*.html"))


def test_imports_go_in_one_direction(root: Path) -> None:
    lint_imports = Path(sys.executable).parent / "lint-imports"

    done = subprocess.run([lint_imports], cwd=root, check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout


def test_models_know_only_models(root: Path) -> None:
    """Rules that need more than rows are functions of a subject module, which may import models and not the reverse."""
    imports = re.compile(r"^\s*(?:from|import) ((?:accounts|questions|exams|ciip_site)\b\S*)", re.MULTILINE)
    models = [
        path
        for path in python_files(root, "accounts", "questions", "exams")
        if "models" in (path.stem, path.parent.name)
    ]

    found = {name for path in models for name in imports.findall(path.read_text(encoding="utf-8"))}

    assert {name for name in found if name.split(".")[1:2] != ["models"]} == set()


def test_no_file_is_too_long(root: Path) -> None:
    scripts = [
        path for path in (root / "static").rglob("*.*") if path.suffix in {".js", ".css"} and "vendor" not in path.parts
    ]
    lengths = {
        path: len(path.read_text(encoding="utf-8").splitlines())
        for path in [*python_files(root), *templates(root), *scripts]
    }

    assert {str(path): length for path, length in lengths.items() if length > MOST_FILE_LINES} == {}


def test_no_function_is_too_long(root: Path) -> None:
    too_long = [
        f"{path.relative_to(root)}:{node.lineno} {node.name}"
        for path in python_files(root)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and function_length(node) > MOST_FUNCTION_LINES
    ]

    assert too_long == []


def function_length(node: ast.FunctionDef) -> int:
    """From `def` to the end, without a docstring."""
    docstring = node.body[0] if ast.get_docstring(node) else None
    return (node.end_lineno or 0) - node.lineno + 1 - (len(ast.unparse(docstring).splitlines()) if docstring else 0)


def test_modules_are_named_after_their_subject(root: Path) -> None:
    application = ("accounts", "questions", "exams", "ciip_site")

    assert [str(path) for path in python_files(root, *application) if path.stem.strip("_") in VAGUE_NAMES] == []


def test_templates_hold_no_inline_script_or_style(root: Path) -> None:
    """The content security policy would refuse them, and silently so to the author."""
    forbidden = re.compile(
        r"<style|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:|hx-on|<script(?![^>]*\ssrc=)(?![^>]*type=\"application/json\")",
        re.IGNORECASE,
    )

    found = {
        f"{path.relative_to(root)}: {match.group()}"
        for path in templates(root)
        for match in forbidden.finditer(path.read_text(encoding="utf-8"))
    }

    assert found == set()


def test_templates_switch_off_no_escaping(root: Path) -> None:
    """Rendered Markdown is marked safe by the one function that sanitises it, never in a template."""
    unsafe = re.compile(r"\|\s*safe\b|autoescape\s+off|safeseq")

    assert [
        str(path.relative_to(root)) for path in templates(root) if unsafe.search(path.read_text(encoding="utf-8"))
    ] == []


def test_clock_is_read_at_the_doors_only(root: Path) -> None:
    """`now` is an argument of everything that depends on time; whoever is called from outside reads the clock once."""
    doors = re.compile(r"(^|/)(views|tasks|admin|management|context_processors|middleware|forms|urls)(/|\.py|_)")
    clock = re.compile(r"\b(timezone\.now\(\)|datetime\.now\(|localdate\(\)|date\.today\()")

    readers = [
        path.relative_to(root).as_posix()
        for path in python_files(root, "accounts", "questions", "exams")
        if clock.search(path.read_text(encoding="utf-8"))
    ]

    assert [path for path in readers if not doors.search(path)] == []
