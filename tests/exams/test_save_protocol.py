"""The law of saving: whatever the network does between two pages and the server, no acknowledged answer is lost.

Pages follow static/js/room/save_queue.js; the server is the real one. A request may be lost, answered in vain,
repeated, or arrive long after its page has given it up.
"""

from dataclasses import dataclass, field
from itertools import count
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from exams.attempts import Outcome, Saved, Stale
from exams.models import Attempt, AttemptEvent, Response
from tests.factories import make_bank, make_user, save, start

ITEMS = (1, 2)
NUMBERS = count()
places = st.integers(1, 4)


@dataclass(frozen=True)
class Request:
    item: int
    base: int
    op_id: UUID
    chosen: int


@dataclass
class Entry:
    """What waits for one item: `sent` may have been stored, `next` is the newest click behind it."""

    base: int
    sent: Request | None = None
    next: int | None = None


@dataclass
class PageModel:
    revisions: dict[int, int] = field(default_factory=lambda: dict.fromkeys(ITEMS, 0))
    entries: dict[int, Entry] = field(default_factory=dict)
    believed: list[Request] = field(default_factory=list)

    def choose(self, item: int, chosen: int) -> None:
        entry = self.entries.setdefault(item, Entry(base=self.revisions[item]))
        entry.next = chosen

    def request(self) -> Request | None:
        """The oldest entry's state; one that was sent before goes out again as it was."""
        if not self.entries:
            return None
        item, entry = next(iter(self.entries.items()))
        if entry.sent is None and entry.next is not None:
            entry.sent = Request(item, entry.base, uuid4(), entry.next)
            entry.next = None
        return entry.sent

    def hear(self, request: Request, outcome: Outcome) -> None:
        entry = self.entries[request.item]
        assert isinstance(outcome, Saved | Stale)
        self.revisions[request.item] = outcome.response.revision
        if isinstance(outcome, Saved):
            self.believed.append(request)
            entry.base, entry.sent = outcome.response.revision, None
            if entry.next is None:
                del self.entries[request.item]
        else:
            del self.entries[request.item]

    def hear_nothing(self, request: Request) -> None:
        # To the end of the line.
        self.entries[request.item] = self.entries.pop(request.item)


class TwoPagesAndANetwork(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.attempt: Attempt = start(make_user(f"p{next(NUMBERS)}"))
        self.pages = [PageModel(), PageModel()]
        # Every request ever sent: any of them may still arrive, or arrive again.
        self.on_the_way: list[Request] = []
        self.acknowledged: list[Request] = []

    def deliver(self, request: Request) -> Outcome:
        outcome = save(self.attempt, request.item, base=request.base, chosen=request.chosen, op_id=request.op_id)
        newest = next((r for r in reversed(self.acknowledged) if r.item == request.item), None)
        if request == newest:
            # A retry whose acknowledgement was lost is acknowledged again, never called stale.
            assert isinstance(outcome, Saved)
        if isinstance(outcome, Saved) and request not in self.acknowledged:
            self.acknowledged.append(request)
        return outcome

    @rule(page=st.sampled_from([0, 1]), item=st.sampled_from(ITEMS), chosen=places)
    def choose(self, page: int, item: int, chosen: int) -> None:
        self.pages[page].choose(item, chosen)

    @rule(page=st.sampled_from([0, 1]), fate=st.sampled_from(["answered", "answered in vain", "lost"]))
    def send(self, page: int, fate: str) -> None:
        sender = self.pages[page]
        request = sender.request()
        if request is None:
            return
        self.on_the_way.append(request)
        if fate == "lost":
            sender.hear_nothing(request)
            return
        outcome = self.deliver(request)
        if fate == "answered":
            sender.hear(request, outcome)
        else:
            sender.hear_nothing(request)

    @rule(which=st.integers(0, 50))
    def arrive_late_or_again(self, which: int) -> None:
        if self.on_the_way:
            self.deliver(self.on_the_way[which % len(self.on_the_way)])

    @rule(page=st.sampled_from([0, 1]))
    def beat(self, page: int) -> None:
        """A heartbeat tells of items for which nothing waits here."""
        for item, revision in self.stored_revisions().items():
            if item not in self.pages[page].entries:
                self.pages[page].revisions[item] = max(self.pages[page].revisions[item], revision)

    @rule(page=st.sampled_from([0, 1]))
    def reload(self, page: int) -> None:
        """The queue is kept with the base each click was made on; revisions come from the server again."""
        self.pages[page].revisions = self.stored_revisions()

    def stored_revisions(self) -> dict[int, int]:
        rows = Response.objects.filter(attempt=self.attempt, position__in=ITEMS)
        return dict(rows.values_list("position", "revision"))

    @invariant()
    def every_acknowledged_save_is_in_the_ledger_in_order(self) -> None:
        entries = list(AttemptEvent.objects.filter(attempt=self.attempt, kind="saved").order_by("sequence"))
        assert [entry.op_id for entry in entries] == [request.op_id for request in self.acknowledged]
        assert [(entry.position, entry.chosen) for entry in entries] == [(r.item, r.chosen) for r in self.acknowledged]
        # Each was made on the state before it: nothing was overwritten that its page had not seen.
        assert [entry.revision for entry in entries] == [request.base + 1 for request in self.acknowledged]
        for item in ITEMS:
            revisions = [entry.revision for entry in entries if entry.position == item]
            assert revisions == list(range(1, len(revisions) + 1))

    @invariant()
    def what_is_stored_is_what_was_acknowledged_last(self) -> None:
        for item in ITEMS:
            last = next((r.chosen for r in reversed(self.acknowledged) if r.item == item), None)
            assert Response.objects.get(attempt=self.attempt, position=item).chosen == last

    @invariant()
    def no_page_believes_saved_what_is_not(self) -> None:
        for page in self.pages:
            assert all(request in self.acknowledged for request in page.believed)


@pytest.mark.django_db
def test_no_acknowledged_answer_is_lost_whatever_the_network_does() -> None:
    make_bank()
    run_state_machine_as_test(
        TwoPagesAndANetwork,
        settings=settings(
            max_examples=60,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
