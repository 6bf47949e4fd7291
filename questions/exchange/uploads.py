"""A file that a person brings through the site: received, checked in the background, applied all or nothing."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db import transaction

from accounts.models import User
from questions import importing
from questions.bank_format import Entry, Problem
from questions.exchange import formats, planning
from questions.importing import Plan
from questions.linting import Severity
from questions.models import BankImport, ImportState

MOST_BYTES = 20 * 1024 * 1024
ERROR = "error"
CHANGED_MEANWHILE = "The bank has changed since the file was checked. Look at the new list, then apply."
# Progress is told every so many questions.
STEP = 50


def receive(
    *, name: str, content: bytes, one: formats.Format, defaults: planning.Defaults, by: User, now: datetime
) -> BankImport:
    return BankImport.objects.create(
        by=by,
        created_at=now,
        file_name=name[-200:],
        format=one.code,
        task=defaults.task,
        cognitive=defaults.cognitive,
        content=content,
    )


def check(*, upload: BankImport) -> None:
    """Write down what applying the file would do. A file with any error is refused as a whole."""
    planned = _plan(upload)
    state = ImportState.REFUSED if planned.problems else ImportState.CHECKED
    BankImport.objects.filter(pk=upload.pk, state=ImportState.WAITING).update(state=state, report=_report(planned))


def claim(*, upload: BankImport) -> bool:
    """Whether this call is the one that may have the file applied: of two clicks one."""
    waiting = BankImport.objects.filter(pk=upload.pk, state=ImportState.CHECKED)
    return bool(waiting.update(state=ImportState.APPLYING, message=""))


def apply(*, upload: BankImport, now: datetime) -> None:
    """Do what the report says. When the bank has moved on meanwhile, nothing is done and the report is made anew."""
    with transaction.atomic():
        locked = BankImport.objects.select_for_update().select_related("by").get(pk=upload.pk)
        if locked.state != ImportState.APPLYING:
            return
        planned = _plan(locked)
        report = _report(planned)
        if _fates(report) != _fates(locked.report):
            locked.state = ImportState.REFUSED if planned.problems else ImportState.CHECKED
            locked.report, locked.message = report, CHANGED_MEANWHILE
        else:
            importing.apply(planned, by=locked.by, now=now, progress=lambda done: _tell(locked, done))
            locked.state, locked.finished_at, locked.content = ImportState.APPLIED, now, b""
        locked.save(update_fields=["state", "report", "message", "content", "finished_at"])


def fail(*, upload: BankImport) -> None:
    """After an error that nobody foresaw: nothing was written, and the person can try again."""
    BankImport.objects.filter(pk=upload.pk).exclude(state=ImportState.APPLIED).update(
        state=ImportState.FAILED, message="An error on the server stopped this. Nothing was changed."
    )


def done_of(upload: BankImport) -> int:
    """How many questions are through already; other processes know it where they share a cache."""
    return int(cache.get(_key(upload), 0))


def counts(upload: BankImport) -> Counter[str]:
    return Counter(row["fate"] for row in upload.report)


def _plan(upload: BankImport) -> Plan:
    defaults = planning.Defaults(upload.task, upload.cognitive)
    return planning.plan(bytes(upload.content), upload.file_name, formats.BY_CODE[upload.format], defaults)


def _report(planned: Plan) -> list[dict[str, Any]]:
    notes: dict[str, list[str]] = {}
    for entry, finding in planned.findings:
        if finding.counts and finding.severity != Severity.INFORMATION:
            notes.setdefault(entry.code, []).append(str(finding))
    rows = [
        _row(
            f"{entry.file}:{entry.line}" if entry.line else entry.file,
            entry.code,
            fate.value,
            "",
            notes.get(entry.code),
        )
        for fate, entry in planned.entries
    ]
    errors = [_row(_place(problem), problem.item, ERROR, problem.message, None) for problem in planned.problems]
    return errors + rows


def _place(one: Entry | Problem) -> str:
    return f"{one.file}:{one.line}" if one.line else one.file


def _row(place: str, code: str, fate: str, message: str, notes: list[str] | None) -> dict[str, Any]:
    return {"place": place, "code": code, "fate": fate, "message": message, "notes": notes or []}


def _fates(report: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(row["place"], row["code"], row["fate"]) for row in report]


def _tell(upload: BankImport, done: int) -> None:
    if done % STEP == 0:
        cache.set(_key(upload), done, timeout=600)


def _key(upload: BankImport) -> str:
    return f"bank-import-{upload.pk}"
