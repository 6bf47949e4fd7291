"""`manage.py check_bank`, run without a database as somebody who has only files would."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.questions.test_importing import entry, write

RATIONALES = [
    {
        "id": letter,
        "text": text,
        "rationale": "It is a mistake that is often made: the event tells of something else, not this.",
    }
    for letter, text in zip("abcd", ["Arrival", "Transfer", "Merge", "Discharge"], strict=True)
]


def test_sound_file_passes_and_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_bank", write(tmp_path, entry(options=RATIONALES, predicted_p=0.5, point="It does.")), "--json")

    said = json.loads(capsys.readouterr().out)
    assert said["counts"] == {"error": 0, "warning": 0, "information": 1}
    assert [finding["rule"] for finding in said["findings"]] == ["reference-unopened"]
    [asked] = [metric for metric in said["metrics"] if metric["name"] == "stem ends with a question mark"]
    assert (asked["value"], asked["n"], asked["target"], asked["met"]) == (1.0, 1, "≥ 90 %", True)


def test_error_fails_and_names_file_line_item_field_and_rule(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, entry(options=RATIONALES), entry(id="IM-0008"))

    with pytest.raises(CommandError, match=r"1 error\(s\) in 2 items"):
        call_command("check_bank", path)

    said = capsys.readouterr().out
    assert f"{path}:" in said
    assert "IM-0008: error: rationale c: 8 words teach too little" in said
    assert "[rationale-short]" in said


def test_waived_error_passes_and_is_listed_on_demand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, entry(waivers=[{"rule": "rationale-short", "reason": "A test."}]))

    call_command("check_bank", path)
    assert "rationale-short" not in capsys.readouterr().out

    call_command("check_bank", path, "--all")
    assert "[rationale-short] (waived: A test.)" in capsys.readouterr().out


def test_broken_file_fails_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "IM-1.yaml"
    path.write_text("- id: [", encoding="utf-8")

    with pytest.raises(CommandError, match="1 error"):
        call_command("check_bank", path)

    assert f"{path}:2: Not valid YAML" in capsys.readouterr().err


def test_folder_without_bank_files_fails(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No bank file found"):
        call_command("check_bank", tmp_path)


def test_bank_of_the_site_has_no_errors_and_no_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_bank", "--json")

    counts = json.loads(capsys.readouterr().out)["counts"]
    assert (counts["error"], counts["warning"]) == (0, 0)
