import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from ciip_site import env


def test_text_is_the_variable_or_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLOUR", "red")

    assert (env.text("COLOUR", "blue"), env.text("ABSENT", "blue"), env.text("ABSENT")) == ("red", "blue", "")


def test_text_reads_the_file_that_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from the file\n", encoding="utf-8")
    monkeypatch.setenv("SECRET_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("SECRET", "from the variable")

    assert env.text("SECRET") == "from the file"


def test_text_names_the_file_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "absent"
    monkeypatch.setenv("SECRET_FILE", str(path))

    with pytest.raises(ImproperlyConfigured) as caught:
        env.text("SECRET")

    assert str(caught.value) == f"SECRET_FILE names {path}, which cannot be read: No such file or directory."


@pytest.mark.parametrize("value", ["1", "true", "YES", "On"])
def test_flag_is_true_in_four_spellings(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("FLAG", value)

    assert env.flag("FLAG", default=False) is True


@pytest.mark.parametrize("value", ["0", "false", "NO", "Off", ""])
def test_flag_is_false_in_five_spellings(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("FLAG", value)

    assert env.flag("FLAG", default=True) is False


@pytest.mark.parametrize("default", [True, False])
def test_flag_falls_back_to_the_default(*, default: bool) -> None:
    assert env.flag("ABSENT", default=default) is default


def test_flag_refuses_another_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLAG", "maybe")

    with pytest.raises(ImproperlyConfigured, match=r"FLAG must be true or false, not .maybe.\."):
        env.flag("FLAG", default=False)


def test_integer_is_the_variable_or_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECONDS", "20")

    assert (env.integer("SECONDS", 15), env.integer("ABSENT", 15)) == (20, 15)


@pytest.mark.parametrize("value", ["soon", "1.5", ""])
def test_integer_refuses_what_is_no_whole_number(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SECONDS", value)

    with pytest.raises(ImproperlyConfigured, match=f"SECONDS must be a whole number, not '{value}'."):
        env.integer("SECONDS", 15)


def test_integer_has_a_least_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECONDS", "5")
    assert env.integer("SECONDS", 30, least=5) == 5

    monkeypatch.setenv("SECONDS", "4")
    with pytest.raises(ImproperlyConfigured, match=r"SECONDS must be at least 5, not 4\."):
        env.integer("SECONDS", 30, least=5)


def test_words_are_split_at_commas_and_trimmed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSTS", " one.example, ,two.example ,")

    assert (env.words("HOSTS"), env.words("ABSENT", "a,b"), env.words("ABSENT")) == (
        ["one.example", "two.example"],
        ["a", "b"],
        [],
    )


@pytest.mark.parametrize("key", ["build", "x" * 49 + "y", "ab" * 40, "django-insecure-" + "abcdefgh" * 8])
def test_weak_key_is_refused(key: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"SECRET_KEY is too short or too plain .*\. Make one\."):
        env.refuse_weak_key(key, "Make one.")


def test_key_as_the_advice_makes_it_is_taken() -> None:
    env.refuse_weak_key(secrets.token_urlsafe(50), "Make one.")


@pytest.mark.parametrize(
    ("name", "value"), [("DATABASE_URL", "postgres://ciip@localhost/ciip"), ("HTTPS", "true"), ("REDIS_URL", "")]
)
def test_site_that_others_use_does_not_start_with_a_weak_key(root: Path, tmp_path: Path, name: str, value: str) -> None:
    (tmp_path / "key").write_text("changeme\n")
    environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path), "SECRET_KEY_FILE": str(tmp_path / "key")}
    command = [sys.executable, "-c", "import ciip_site.settings"]

    done = subprocess.run(
        command, cwd=root, env=environment | {name: value}, check=False, capture_output=True, text=True
    )

    assert ("SECRET_KEY is too short" in done.stderr) == (name != "REDIS_URL")
