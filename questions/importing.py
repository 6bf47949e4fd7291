"""Bringing bank files in: parse → plan → apply all or nothing. A second run changes nothing."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from django.db import transaction

from accounts.models import User
from questions import bank_format, drafting, pictures
from questions.bank_format import Entry, Problem
from questions.completeness import missing
from questions.linting import Finding, lint
from questions.models import EnemyPair, Item, ItemStatus, ItemTransition, ItemVersion, Outline, Task

LARGEST_SET = 3


class Fate(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Plan:
    """What an import would do: the fate of every sound entry, and every problem. Nothing is written yet.

    A problem stops the import; a finding tells of a writing rule that an item breaks, and stops nothing.
    """

    entries: tuple[tuple[Fate, Entry], ...]
    problems: tuple[Problem, ...]
    as_drafts: bool = False

    @property
    def findings(self) -> list[tuple[Entry, Finding]]:
        """About what would be written: new and changed entries."""
        return [
            (entry, finding)
            for fate, entry in self.entries
            if fate != Fate.UNCHANGED
            for finding in lint(entry.content, entry.waivers)
        ]

    def of(self, fate: Fate) -> list[Entry]:
        return [entry for entry_fate, entry in self.entries if entry_fate == fate]


def plan(paths: Iterable[Path]) -> Plan:
    files = bank_format.files_in(paths)
    entries: list[Entry] = []
    problems: list[Problem] = []
    if not files:
        problems.append(Problem("", 0, "", "No bank file found; a folder must hold files such as IM-2.yaml."))
    for path in files:
        found, bad = bank_format.parse_file(path)
        entries += found
        problems += bad
    return plan_entries(entries, problems)


def plan_entries(entries: list[Entry], problems: Sequence[Problem] = (), *, as_drafts: bool = False) -> Plan:
    """What importing these entries would do; `as_drafts` as a person may do it who has no files on the server.

    Then a new item is a draft, an item of the bank gets a new version on top, and what people meet stays as it is.
    """
    bank = _Bank.load(entries, as_drafts=as_drafts)
    found = [*problems, *_duplicates(entries), *_unknown_tasks(entries), *_unknown_enemies(entries, bank)]
    found += [*_bad_sets(entries, bank), *_local_edits(entries, bank)]
    return Plan(tuple((bank.fate(entry), entry) for entry in entries), tuple(found), as_drafts)


@transaction.atomic
def apply(
    planned: Plan, *, by: User | None, now: datetime, progress: Callable[[int], object] = lambda done: None
) -> None:
    """Carry a plan out. Raises ValueError, and writes nothing, for a plan with problems."""
    if planned.problems:
        raise ValueError("A plan with problems is not applied.")
    if planned.as_drafts and by is None:
        raise ValueError("Drafts have an author.")
    tasks = _tasks()
    write = _apply_draft if planned.as_drafts else _apply_entry
    for done, (fate, entry) in enumerate(planned.entries, start=1):
        if fate != Fate.UNCHANGED:
            write(entry, task=tasks[entry.content.task], by=by, now=now)
        progress(done)
    if planned.as_drafts:
        _add_enemies(planned.of(Fate.NEW))
    else:
        _apply_enemies(planned)


def source_digest(entry: Entry) -> str:
    parts: list[object] = [entry.content.digest, entry.status, entry.matched_set, list(entry.enemies)]
    if entry.waivers:
        # Absent from the digest where there is none, so that digests stored before there were waivers still hold.
        parts.append([asdict(waiver) for waiver in entry.waivers])
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True)
class _Bank:
    """What the database holds, set against the entries of the files."""

    items: Mapping[str, Item]
    stored_enemies: Mapping[str, set[str]]
    declared_enemies: Mapping[str, set[str]]
    file_codes: frozenset[str]
    as_drafts: bool

    @classmethod
    def load(cls, entries: list[Entry], *, as_drafts: bool) -> "_Bank":
        items = Item.objects.select_related("published_version").prefetch_related("versions")
        declared = [(entry.code, enemy) for entry in entries for enemy in entry.enemies]
        return cls(
            items={item.code: item for item in items},
            stored_enemies=_both_ways(EnemyPair.objects.values_list("first__code", "second__code")),
            declared_enemies=_both_ways(declared),
            file_codes=frozenset(entry.code for entry in entries),
            as_drafts=as_drafts,
        )

    def fate(self, entry: Entry) -> Fate:
        """Unchanged: the file's entry is as at its last import, or says what the bank says already."""
        item = self.items.get(entry.code)
        if item is None:
            return Fate.NEW
        if self.as_drafts:
            shown, latest = item.published_version, _latest(item)
            is_known = entry.content.digest in {version.digest for version in (shown, latest) if version}
        else:
            is_known = item.source_digest == source_digest(entry) or self._says_the_same(entry, item)
        return Fate.UNCHANGED if is_known else Fate.CHANGED

    def _says_the_same(self, entry: Entry, item: Item) -> bool:
        current = item.published_version or _latest(item)
        declared, stored = self.declared_enemies[entry.code], self.stored_enemies[entry.code]
        return (
            current is not None
            and current.digest == entry.content.digest
            and (item.status, item.matched_set) == (entry.status, entry.matched_set)
            and item.waivers == [asdict(waiver) for waiver in entry.waivers]
            and declared <= stored
            and stored & self.file_codes <= declared
        )


def _latest(item: Item) -> ItemVersion | None:
    return max(item.versions.all(), key=lambda version: version.number, default=None)


def _both_ways(pairs: Iterable[tuple[str, str]]) -> defaultdict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for one, other in pairs:
        found[one].add(other)
        found[other].add(one)
    return found


def _apply_entry(entry: Entry, *, task: Task, by: User | None, now: datetime) -> None:
    """Create or change one item; its content becomes a new version only where it differs from the latest one."""
    item, is_new = Item.objects.get_or_create(code=entry.code)
    before = "" if is_new else item.status
    latest = item.versions.order_by("number").last()
    if latest is None or latest.digest != entry.content.digest:
        if entry.picture:
            pictures.store(entry.picture, now=now)
        latest = drafting.add_version(item=item, content=entry.content, task=task, author=None, now=now)
    if entry.status not in (ItemStatus.DRAFT, ItemStatus.REVIEW) and not missing(entry.content):
        item.published_version = latest
    item.status = entry.status
    item.matched_set = entry.matched_set
    item.waivers = [asdict(waiver) for waiver in entry.waivers]
    item.source_digest = source_digest(entry)
    item.save(update_fields=["published_version", "status", "matched_set", "waivers", "source_digest"])
    ItemTransition.objects.create(
        item=item, from_status=before, to_status=item.status, version=latest, by=by, at=now, reason="Imported."
    )


def _apply_draft(entry: Entry, *, task: Task, by: User | None, now: datetime) -> None:
    """A new item as a draft of this person, or a new version of an item; whoever meets the item meets it unchanged."""
    item, is_new = Item.objects.get_or_create(
        code=entry.code,
        defaults={"matched_set": entry.matched_set, "waivers": [asdict(waiver) for waiver in entry.waivers]},
    )
    if entry.picture:
        pictures.store(entry.picture, now=now)
    version = drafting.add_version(item=item, content=entry.content, task=task, author=by, now=now)
    if is_new:
        ItemTransition.objects.create(
            item=item, from_status="", to_status=item.status, version=version, by=by, at=now, reason="Imported."
        )


def _apply_enemies(planned: Plan) -> None:
    """Store the pairs that new and changed entries declare.

    A pair between two items of the files that neither declares any more goes, where one of the two has changed: what
    people paired or parted here stands as long as the files are as they were.
    """
    entries = [entry for _, entry in planned.entries]
    codes = {entry.code for entry in entries}
    declared = _both_ways((entry.code, enemy) for entry in entries for enemy in entry.enemies)
    changed = [entry for fate, entry in planned.entries if fate != Fate.UNCHANGED]
    changed_codes = {entry.code for entry in changed}
    for pair in EnemyPair.objects.filter(first__code__in=codes, second__code__in=codes).select_related():
        first, second = pair.first.code, pair.second.code
        if {first, second} & changed_codes and second not in declared[first]:
            pair.delete()
    _add_enemies(changed)


def _add_enemies(entries: list[Entry]) -> None:
    ids = dict(Item.objects.values_list("code", "pk"))
    wanted = {tuple(sorted((ids[entry.code], ids[enemy]))) for entry in entries for enemy in entry.enemies}
    EnemyPair.objects.bulk_create(
        (EnemyPair(first_id=first, second_id=second) for first, second in sorted(wanted)), ignore_conflicts=True
    )


def _tasks() -> dict[str, Task]:
    outline = Outline.objects.current().first()
    tasks = Task.objects.filter(domain__outline=outline).select_related("domain")
    return {task.code: task for task in tasks}


def _duplicates(entries: list[Entry]) -> list[Problem]:
    first: dict[str, Entry] = {}
    problems = []
    for entry in entries:
        other = first.setdefault(entry.code, entry)
        if other is not entry:
            message = f"This id stands already at {other.file}:{other.line}; give one of them another id."
            problems.append(Problem(entry.file, entry.line, entry.code, message))
    return problems


def _unknown_tasks(entries: list[Entry]) -> list[Problem]:
    tasks = _tasks()
    problems = []
    for entry in entries:
        task, domain_code = tasks.get(entry.content.task), entry.code.split("-")[0]
        if task is None:
            message = f"The task {entry.content.task!r} is not in the current outline; known are {', '.join(tasks)}."
        elif task.domain.code != domain_code:
            message = f"The id starts with {domain_code} but the task {task.code} belongs to {task.domain.code}."
        else:
            continue
        problems.append(Problem(entry.file, entry.line, entry.code, message))
    return problems


def _unknown_enemies(entries: list[Entry], bank: _Bank) -> list[Problem]:
    codes = bank.items.keys() | bank.file_codes
    return [
        Problem(entry.file, entry.line, entry.code, f"The enemy {enemy} is the item itself or not in the bank.")
        for entry in entries
        for enemy in entry.enemies
        if enemy not in codes or enemy == entry.code
    ]


def _bad_sets(entries: list[Entry], bank: _Bank) -> list[Problem]:
    """A matched set is at most three items, all in one domain and status."""
    members: dict[str, dict[str, str]] = defaultdict(dict)
    for item in bank.items.values():
        if item.matched_set:
            members[item.matched_set][item.code] = item.status
    for entry in entries:
        for codes in members.values():
            codes.pop(entry.code, None)
        if entry.matched_set:
            members[entry.matched_set][entry.code] = entry.status
    problems = []
    for entry in entries:
        mates = members[entry.matched_set] if entry.matched_set else {}
        kinds = Counter((code.split("-")[0], status) for code, status in mates.items())
        if len(mates) > LARGEST_SET or len(kinds) > 1:
            message = (
                f"The matched set {entry.matched_set!r} has {len(mates)} items in {len(kinds)} domains or statuses "
                f"({', '.join(sorted(mates))}); a set is at most {LARGEST_SET} items of one domain and status."
            )
            problems.append(Problem(entry.file, entry.line, entry.code, message))
    return problems


def _local_edits(entries: list[Entry], bank: _Bank) -> list[Problem]:
    """An item that a person has edited here is not overwritten by a changed file."""
    problems = []
    for entry in entries:
        if bank.fate(entry) != Fate.CHANGED:
            continue
        written_here = [version for version in bank.items[entry.code].versions.all() if version.author_id]
        edited = max(written_here, key=lambda version: version.number, default=None)
        if edited and edited.number > entry.built_on and edited.digest != entry.content.digest:
            message = (
                f"Version {edited.number} was written on this site and would be lost from view. Export the item, "
                f"merge the two by hand and keep its line 'version: {edited.number}', or give the file's item a new id."
            )
            problems.append(Problem(entry.file, entry.line, entry.code, message))
    return problems
