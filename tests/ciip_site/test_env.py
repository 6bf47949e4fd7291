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
