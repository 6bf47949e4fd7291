"""What the pages of practice say besides single items: what waits, what there is, what came of a session."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from accounts.models import User
from exams import pools
from exams.models import ExamForm, PracticeSession
from exams.pools import NoOutline
from exams.practice import choosing, review, sessions, showing
from exams.practice.sessions import MOST_ITEMS
from exams.practice.showing import ShownPlace


@dataclass(frozen=True)
class Overview:
    """`sources` says how many items each source holds; `forms` are published ones that the person has not begun."""

    due: int
    sources: dict[str, int]
    open_sessions: list[PracticeSession]
    past_sessions: list[PracticeSession]
    forms: list[ExamForm]
    mocks_left: int
    has_content: bool

    @property
    def review_size(self) -> int:
        return min(self.due, MOST_ITEMS)


@dataclass(frozen=True)
class Results:
    """Of what was revealed. `domains` holds (name, right, seen); `hidden` items are in an exam that is open."""

    places: list[ShownPlace]
    right: int
    seen: int
    hidden: int
    domains: list[tuple[str, int, int]]

    @property
    def missed(self) -> int:
        return self.seen - self.right


def overview(*, user: User, now: datetime) -> Overview:
    for session in PracticeSession.objects.of(user).overdue(now):
        # Where nobody comes back to a session against the clock, its answers count all the same.
        sessions.finish(session=session, now=now)
    mine = PracticeSession.objects.of(user).annotate(
        size=Count("places"), done=Count("places", filter=Q(places__answered_at__isnull=False))
    )
    return Overview(
        due=review.due(user=user, now=now).count(),
        sources=choosing.counts(user=user, now=now),
        open_sessions=list(mine.open()[:10]),
        past_sessions=list(mine.exclude(finished_at=None)[:10]),
        forms=list(ExamForm.objects.published().not_sat_by(user).exclude(given_up_by__user=user)),
        mocks_left=_mocks_left(user),
        has_content=_has_content(),
    )


def results_of(session: PracticeSession) -> Results:
    places = showing.revealed(session)
    by_domain: dict[str, list[bool]] = {}
    for shown in places:
        by_domain.setdefault(shown.domain_name, []).append(shown.is_right)
    return Results(
        places=places,
        right=sum(shown.is_right for shown in places),
        seen=len(places),
        hidden=session.places.filter(revealed_at__isnull=False).count() - len(places),
        domains=[(name, sum(rights), len(rights)) for name, rights in sorted(by_domain.items())],
    )


def _mocks_left(user: User) -> int:
    try:
        return pools.load_for(user).pool.forms_left
    except NoOutline:
        return 0


def _has_content() -> bool:
    return bool(pools.current_weights())
