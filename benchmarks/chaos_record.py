"""What the browser was told and what the candidate wanted, kept beside the site and compared with it at the end."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Any

from django.db import connection

from exams.models import Attempt, AttemptEvent, EventKind, Response
from questions.samples import LETTERS

# Tells of each answer what the page reads of it, before the page does: what it believes is never more than this. A word
# of a page that is just being left does not reach us, so it is also kept where the page keeps its queue.
LISTEN = """
const read = Response.prototype.json;
Response.prototype.json = async function () {
  const body = await read.call(this);
  if (this.url.endsWith("/save/")) {
    const id = crypto.randomUUID();
    localStorage.setItem(`chaos-${id}`, JSON.stringify(body));
    noteAnswer(id, body);
  }
  return body;
};
"""
KEPT = """() => Object.keys(localStorage).filter((key) => key.startsWith("chaos-"))
  .map((key) => [key.slice("chaos-".length), JSON.parse(localStorage[key])])"""
REPORT = """() => ({
  line: document.querySelector("main").textContent,
  items: [...document.querySelectorAll("details.reviewed")].map((item) => ({
    position: Number(item.id.slice("item-".length)),
    letter: item.querySelector("li.own .letter")?.textContent ?? "",
    flagged: Boolean(item.querySelector("summary .flagged")),
    right: Boolean(item.closest("#scored") && item.querySelector("li.own.key")),
  })),
})"""


@dataclass(frozen=True, slots=True)
class State:
    """Of one item, as far as keys can change it."""

    chosen: int | None
    flagged: bool
    struck: str

    @classmethod
    def of(cls, said: dict[str, Any]) -> "State":
        return cls(said["chosen"], said["flagged"], said["struck"])


UNTOUCHED = State(None, flagged=False, struck="")


@dataclass(slots=True)
class Record:
    acknowledged: dict[tuple[int, int], State] = field(default_factory=dict)
    # By the candidate's hand, or shown to them because the second tab was there first.
    wanted: dict[int, State] = field(default_factory=dict)
    elsewhere: set[int] = field(default_factory=set)
    answers: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    noted: set[str] = field(default_factory=set)

    def note(self, note_id: str, body: dict[str, Any], *, is_second_tab: bool = False) -> None:
        """One answer to a save, by its rules: saved is a promise, stale shows what another tab has stored."""
        if note_id in self.noted:
            return
        self.noted.add(note_id)
        result = body.get("result", "without a word")
        self.answers[result] += 1
        if result == "saved":
            self._promised(body)
            if is_second_tab:
                self.elsewhere.add(body["item"])
                self.wanted[body["item"]] = State.of(body)
        elif result == "stale" and body["item"] in self.elsewhere and not is_second_tab:
            self.wanted[body["item"]] = State.of(body)
        elif result == "stale":
            shown, wanted = State.of(body), self.wanted.get(body["item"])
            self.violations.append(
                f"Item {body['item']}: {wanted} was refused as stale, though no other tab was there; stored is {shown}."
            )
            self.wanted[body["item"]] = shown
        elif result in ("invalid", "closed", "break"):
            self.violations.append(f"A save was answered {body}.")

    def _promised(self, body: dict[str, Any]) -> None:
        key, state = (body["item"], body["revision"]), State.of(body)
        if self.acknowledged.setdefault(key, state) != state:
            self.violations.append(f"Item {key[0]}, revision {key[1]}: acknowledged as {state} and otherwise before.")

    def differing(self, shown: list[dict[str, Any]]) -> Iterator[tuple[int, State, State]]:
        """(position, as shown, as wanted) of what a page shows otherwise than the candidate left it."""
        for position, said in enumerate(shown, start=1):
            wanted = self.wanted.get(position, UNTOUCHED)
            if State.of(said) != wanted and position not in self.elsewhere:
                yield position, State.of(said), wanted

    def newest(self) -> dict[int, tuple[int, State]]:
        """For each item the last revision that was acknowledged."""
        return {position: (revision, state) for (position, revision), state in sorted(self.acknowledged.items())}


@dataclass(frozen=True, slots=True)
class Stored:
    """The database's side. Read over a connection that is closed again: no reader may keep the server's log alive."""

    attempt: Attempt
    responses: dict[int, tuple[int, State]]
    events: list[AttemptEvent]

    @classmethod
    def read(cls) -> "Stored":
        try:
            attempt = Attempt.objects.select_related("score").get()
            rows = Response.objects.filter(attempt=attempt)
            responses = {row.position: (row.revision, State(row.chosen, row.flagged, row.struck)) for row in rows}
            return cls(attempt, responses, list(attempt.events.order_by("sequence")))
        finally:
            connection.close()

    @property
    def ledger(self) -> dict[tuple[int, int], State]:
        return {
            (event.position or 0, event.revision or 0): State(event.chosen, bool(event.flagged), event.struck)
            for event in self.events
            if event.kind == EventKind.SAVED
        }


def lost_saves(record: Record, stored: Stored) -> list[str]:
    ledger = stored.ledger
    return [
        f"Item {key[0]}, revision {key[1]}: acknowledged {state}, the ledger has {ledger.get(key)}."
        for key, state in record.acknowledged.items()
        if ledger.get(key) != state
    ]


def wrong_ledger(stored: Stored) -> Iterator[str]:
    """Gapless, and nothing stored twice."""
    if [event.sequence for event in stored.events] != list(range(1, len(stored.events) + 1)):
        yield "The ledger's sequence has gaps."
    saved = [event for event in stored.events if event.kind == EventKind.SAVED]
    for op_id, count in Counter(event.op_id for event in saved).items():
        if count > 1:
            yield f"Operation {op_id} was stored {count} times."
    for (position, before), (following, revision) in pairwise([(0, 0), *sorted(stored.ledger)]):
        if revision != (before + 1 if following == position else 1):
            yield f"Item {following}: revision {revision} follows {before if following == position else 0}."


def wrong_answers(record: Record, stored: Stored) -> Iterator[str]:
    """The stored state against the last acknowledgement and the candidate's last wish."""
    newest = record.newest()
    for position, (revision, state) in stored.responses.items():
        if newest.get(position) != (revision, state):
            yield f"Item {position}: stored {state}, revision {revision}; last acknowledged {newest.get(position)}."
        if record.wanted.get(position) != state:
            yield f"Item {position}: stored {state}; the candidate left it as {record.wanted.get(position)}."


def wrong_times(before: Stored, after: Stored) -> Iterator[str]:
    for name in ("started_at", "granted_deadline_at", "deadline_at"):
        if (was := getattr(before.attempt, name)) != (now := getattr(after.attempt, name)):
            yield f"{name} moved from {was} to {now}."
    if after.attempt.deadline_at - after.attempt.started_at != timedelta(minutes=170):
        yield f"The exam lasts {after.attempt.deadline_at - after.attempt.started_at}."


def wrong_report(record: Record, stored: Stored, page: dict[str, Any]) -> Iterator[str]:
    """`page` is what REPORT has read."""
    wanted = record.wanted
    count, line = len(stored.responses), page["line"]
    answered = sum(state.chosen is not None for state in wanted.values())
    last_saved = [event.at for event in stored.events if event.kind == EventKind.SAVED][-1]
    right = sum(item["right"] for item in page["items"])
    for words in (
        f"{count} of {count} shown",
        f"{answered} answered",
        f"last saved {last_saved:%H:%M:%S}",
        f"{right} of {stored.attempt.score.scored_count} right",
    ):
        if words not in line:
            yield f"The report does not say “{words}”."
    shown = {item["position"]: (item["letter"], item["flagged"]) for item in page["items"]}
    for position in range(1, count + 1):
        state = wanted.get(position)
        expected = (LETTERS[state.chosen - 1] if state and state.chosen else "", bool(state and state.flagged))
        if shown.get(position) != expected:
            yield f"The report shows item {position} as {shown.get(position)}; it was left as {expected}."
