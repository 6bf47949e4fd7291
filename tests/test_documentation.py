"""What an installer can set or run is in the documentation, and the documentation names nothing else."""

import ast
import re
from pathlib import Path

READERS = {"text", "flag", "integer", "words", "choice"}
# Set by `make test` and nobody else.
NOT_FOR_INSTALLERS = {"TESTING"}
# Read where the site is started, not in the settings: by `manage.py serve`, gunicorn.conf.py and docker-compose.yml.
AT_THE_START = {"PORT", "BIND", "WEB_CONCURRENCY", "SITE_ADDRESS", "POSTGRES_PASSWORD", "PROMETHEUS_MULTIPROC_DIR"}


def variables_of_the_settings(root: Path) -> set[str]:
    tree = ast.parse((root / "ciip_site/settings.py").read_text(encoding="utf-8"))
    return {
        str(node.args[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "env"
        and node.func.attr in READERS
        and isinstance(node.args[0], ast.Constant)
    }


def variables_of_the_readme(root: Path) -> set[str]:
    """The first column of every table row that begins with a name in capitals."""
    text = (root / "README.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\|([^|]*)\|", text, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", cell)}


def commands(root: Path) -> set[str]:
    paths = [
        path
        for app in ("accounts", "questions", "exams", "ciip_site")
        for path in (root / app).glob("management/commands/*.py")
    ]
    return {path.stem for path in paths} - {"__init__"}


def test_settings_read_the_environment_only_through_env(root: Path) -> None:
    text = (root / "ciip_site/settings.py").read_text(encoding="utf-8")

    assert re.findall(r"\bos\.environ|getenv", text) == []
    assert {"DATABASE_URL", "SECRET_KEY", "SAVE_GRACE_SECONDS"} <= variables_of_the_settings(root)


def test_readme_lists_exactly_the_variables_that_are_read(root: Path) -> None:
    expected = (variables_of_the_settings(root) | AT_THE_START) - NOT_FOR_INSTALLERS

    assert variables_of_the_readme(root) == expected


def test_every_command_is_documented(root: Path) -> None:
    pages = [root / "README.md", *(root / "docs").rglob("*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)

    assert {name for name in commands(root) if f"manage.py {name}" not in text} == set()


def test_every_make_target_named_in_the_documentation_exists(root: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    pages = [root / "README.md", *(root / "docs").rglob("*.md")]
    named = {
        name
        for page in pages
        for name in re.findall(r"`(?:[A-Z]+=\S+ )*make ([a-z-]+)", page.read_text(encoding="utf-8"))
    }

    assert named - targets == set()
