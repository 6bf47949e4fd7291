import re
from pathlib import Path

import pytest_django
from django.core.management import call_command


def test_modules_import_each_other_under_their_hashed_names(settings: pytest_django.Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "ciip_site.storage.StaticStorage"}}

    call_command("collectstatic", interactive=False, verbosity=0)

    hashed = next(tmp_path.glob("js/room/room.????????????.js")).read_text(encoding="utf-8")
    imported = re.findall(r"^import .* from \"\./(.*)\";$", hashed, re.MULTILINE)
    assert len(imported) == 14
    assert all(re.fullmatch(r"\w+\.[0-9a-f]{12}\.js", name) for name in imported)
    assert all((tmp_path / "js/room" / name).exists() for name in imported)
