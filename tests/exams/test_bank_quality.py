"""docs/bank-quality.md is made from the bank and its records, and its figures can be worked out by hand."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from exams import bank_quality
from exams.bank_quality import Agreement
from exams.management.commands import bank_report
from exams.shipped import BANK, current_outline, quotas_by_code
from questions import bank_format, bank_metrics


def rows(*answers: tuple[str, str, str]) -> str:
    return "".join(json.dumps({"id": code, "answer": answer, "key": key}) + "\n" for code, answer, key in answers)


@pytest.fixture
def context(tmp_path: Path) -> dict[str, Any]:
    records = {
        "blind-solve-1": rows(("IM-0001", "a", "a"), ("IM-0002", "b", "a"), ("IM-0003", "c", "c")),
        "options-only": rows(
            *[("IM-0001", "a", "a")] * 3, *[("IM-0002", "a", "a")] * 2, ("IM-0002", "b", "a"), ("IM-0003", "a", "b")
        ),
        "seeded-errors": '{"id": "IM-0001", "verdict": "wrong_key"}\n{"id": "IM-0002", "verdict": "ok"}\n',
        "fact-check": '{"id": "IM-0001", "verdict": "ok"}\n{"id": "IM-0002", "verdict": "unclear"}\n',
        "settled": '{"id": "IM-0002", "verdict": "repaired"}\n\n',
    }
    (tmp_path / "audit").mkdir()
    for name, text in records.items():
        (tmp_path / "audit" / f"{name}.jsonl").write_text(text, encoding="utf-8")
    ledger = "- {task: IM-1, topic: IM-1-01}\n- {task: IM-1, topic: IM-1-02}\n"
    (tmp_path / "ledger.yaml").write_text(ledger, encoding="utf-8")
    entries = bank_format.parse_file(BANK / "EDU-1.yaml")[0]
    outline = current_outline()
    quotas = quotas_by_code(outline)
    return bank_quality.context(entries, bank_metrics.check(entries, quotas), outline, quotas, tmp_path)


def test_agreement_counts_first_answers_that_are_the_key(context: dict[str, Any]) -> None:
    [solve] = context["solves"]

    assert (solve.right, solve.n, solve.percent) == (2, 3, "66.7")
    assert (solve.interval.low_percent, solve.interval.high_percent) == (21, 94)


def test_nothing_measured_is_not_called_zero() -> None:
    assert Agreement("options only", 0, 0).percent == "–"


def test_item_guessed_under_all_three_shuffles_is_named(context: dict[str, Any]) -> None:
    assert context["always_guessed"] == ["IM-0001"]
    assert (context["options_only"].right, context["options_only"].n) == (5, 7)


def test_records_are_summed_up(context: dict[str, Any]) -> None:
    assert (context["seeded"].right, context["seeded"].n) == (1, 2)
    assert context["verdicts"] == [("ok", 1), ("unclear", 1)]
    assert context["settled"] == [("repaired", 1)]
    assert (context["points"], context["tasks"], context["topics"]) == (2, 1, 2)


def test_what_still_waits_is_counted(context: dict[str, Any]) -> None:
    count = len(context["entries"])

    # The records above are about items of another domain.
    assert (context["solved_by_none"], context["solved_by_one"], context["not_fact_checked"]) == (count, 0, count)


def test_domain_rows_hold_what_a_form_takes(context: dict[str, Any]) -> None:
    training = context["domains"][4]

    assert (training.name, training.wanted_operational, training.wanted_pilot) == ("Training and Education", 5, 1)
    assert training.operational > 0
    assert sum(row.operational for row in context["domains"]) == training.operational


def test_page_is_current() -> None:
    call_command("bank_report", "--check")


def test_outdated_page_is_reported_and_left_alone_until_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "bank-quality.md"
    page.write_text("old", encoding="utf-8")
    monkeypatch.setattr(bank_report, "PAGE", page)

    with pytest.raises(CommandError, match="is older than the bank"):
        call_command("bank_report", "--check")
    assert page.read_text(encoding="utf-8") == "old"

    call_command("bank_report")
    call_command("bank_report", "--check")
    assert page.read_text(encoding="utf-8").splitlines()[2].startswith("**Checked by machine and by blind solving, not")
