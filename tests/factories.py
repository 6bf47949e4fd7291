"""Plain factories. The cast: alice owns, bob is another candidate, charlie a stranger, ivy an instructor."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts import groups, progress_links, roles
from accounts.models import Membership, Share, StudyGroup, User
from accounts.progress_links import MadeLink
from exams import attempts, exam_forms
from exams.item_state import ItemState
from exams.models import Attempt, ExamForm, Forecast, PracticeSession, Response, Score
from exams.pools import quotas_of
from questions.content import SAME_NAMES, ItemContent, OptionContent
from questions.models import Cognitive, Domain, ExhibitKind, Item, ItemStatus, ItemVersion, Option, Outline, Task

NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
WEIGHTS = {
    "PROC": 4, "PM": 5, "OPS": 12, "COMM": 5, "EDU": 4, "IM": 18, "IT": 12, "SYS": 15, "CE": 10, "MII": 14,
}  # fmt: skip


def make_user(name: str = "alice", *, extra_time_percent: int = 0) -> User:
    return User.objects.create_user(
        f"{name}@example.org", PASSWORD, name=name.title(), extra_time_percent=extra_time_percent
    )


def make_outline(
    *, scored_count: int = 20, pilot_count: int = 10, minutes: int = 170, practice_cut: int | None = None
) -> Outline:
    """The current outline with the ten domains, their published weights and one task each."""
    outline = Outline.objects.create(
        code=f"test-{uuid.uuid4().hex[:8]}",
        name="Outline for tests",
        scored_count=scored_count,
        pilot_count=pilot_count,
        minutes=minutes,
        practice_cut=practice_cut or scored_count * 7 // 10,
        effective_on=NOW.date(),
        checked_on=NOW.date(),
        source="tests",
        is_current=True,
    )
    for number, (code, weight) in enumerate(WEIGHTS.items(), start=1):
        domain = Domain.objects.create(outline=outline, number=number, code=code, name=f"Domain {code}", weight=weight)
        Task.objects.create(domain=domain, code=f"{code}-1", name=f"Task {code}-1", basis="ours")
    return outline


def make_bank(
    *,
    scored_count: int = 20,
    pilot_count: int = 10,
    forms: int = 1,
    minutes: int = 170,
    canary: str = "",
    exhibit: str = "",
) -> Outline:
    """An outline and a bank that holds `forms` disjoint forms. The key of item n is option n mod 4.

    Every item has the text exhibit, if one is given.
    `canary` is planted in every rationale and reference, never in what a candidate may see.
    """
    outline = make_outline(scored_count=scored_count, pilot_count=pilot_count, minutes=minutes)
    domains = {domain.number: domain for domain in outline.domains.all()}
    tasks = {task.domain_id: task for task in Task.objects.filter(domain__outline=outline)}
    serial = 0
    plan: list[tuple[Item, Task]] = []
    for (number, is_scored), quota in quotas_of(outline, {n: d.weight for n, d in domains.items()}).items():
        for _ in range(quota * forms):
            serial += 1
            code = f"{domains[number].code}-{serial:04d}"
            item = Item(code=code, status=ItemStatus.DRAFT)
            item.target = ItemStatus.OPERATIONAL if is_scored else ItemStatus.PILOT  # type: ignore[attr-defined]
            plan.append((item, tasks[domains[number].pk]))
    _publish_all(plan, canary, exhibit)
    return outline


def _publish_all(plan: list[tuple[Item, Task]], canary: str, exhibit: str = "") -> None:
    items = Item.objects.bulk_create(item for item, _ in plan)
    versions = [_version(item, task, canary, exhibit) for item, (_, task) in zip(items, plan, strict=True)]
    options = [_options(version, canary) for version in versions]
    for version, its_options in zip(versions, options, strict=True):
        version.digest = _digest(version, its_options)
    ItemVersion.objects.bulk_create(versions)
    Option.objects.bulk_create(option for its_options in options for option in its_options)
    for item, version in zip(items, versions, strict=True):
        item.published_version = version
        item.status = item.target  # type: ignore[attr-defined]
    Item.objects.bulk_update(items, ["published_version", "status"])


def _version(item: Item, task: Task, canary: str, exhibit: str) -> ItemVersion:
    return ItemVersion(
        item=item,
        number=1,
        task=task,
        stem=f"Stem of {item.code}: which value is right?",
        cognitive=Cognitive.RECALL,
        exhibit_kind=ExhibitKind.TEXT if exhibit else ExhibitKind.NONE,
        exhibit_title="Log" if exhibit else "",
        exhibit_body=exhibit,
        exhibit_alt="A log." if exhibit else "",
        references=[{"source": f"Source {canary}".strip(), "locator": "section 1"}],
        created_at=NOW,
    )


def _digest(version: ItemVersion, options: list[Option]) -> str:
    content = ItemContent(
        task=version.task.code,
        options=tuple(OptionContent(option.text, option.rationale, option.is_key) for option in options),
        references=tuple(version.references),
        **{name: getattr(version, name) for name in SAME_NAMES},
    )
    return content.digest


def _options(version: ItemVersion, canary: str) -> list[Option]:
    key = int(version.item.code.split("-")[1]) % 4 + 1
    return [
        Option(
            version=version,
            position=position,
            text=f"Value {position} of {version.item.code}",
            is_key=position == key,
            rationale=f"Reason {position} {canary}".strip(),
        )
        for position in range(1, 5)
    ]


def make_sample(outline: Outline, *, domain_code: str = "IM", number: int = 901) -> Item:
    task = Task.objects.get(domain__outline=outline, domain__code=domain_code)
    item = Item(code=f"{domain_code}-{number:04d}")
    item.target = ItemStatus.SAMPLE  # type: ignore[attr-defined]
    _publish_all([(item, task)], "")
    return Item.objects.get(code=item.code)


def publish_form_a(*, now: datetime = NOW) -> ExamForm:
    return exam_forms.publish_next(now=now)


def start(user: User, *, now: datetime = NOW) -> Attempt:
    return attempts.start_mock(user=user, now=now)


def save(
    attempt: Attempt,
    position: int = 1,
    *,
    base: int = 0,
    chosen: int | None = 1,
    flagged: bool = False,
    op_id: uuid.UUID | None = None,
    now: datetime | None = None,
    **marks: Any,
) -> attempts.Outcome:
    return attempts.save(
        user=attempt.user,
        public_id=attempt.public_id,
        position=position,
        base=base,
        op_id=op_id or uuid.uuid4(),
        state=ItemState(chosen=chosen, flagged=flagged, **marks),
        now=now or attempt.started_at + timedelta(minutes=1),
    )


def key_place(response: Response) -> int:
    """The displayed place of the key of a response's item."""
    form_item = response.form_item
    position = Option.objects.get(version=form_item.version_id, is_key=True).position
    return form_item.option_order.index(str(position)) + 1


def answer_all(attempt: Attempt, *, right: int) -> None:
    """Answer every item: the first `right` scored ones with the key, all others wrongly."""
    left = right
    for response in attempt.responses.select_related("form_item").order_by("position"):
        place = key_place(response)
        if response.form_item.is_scored and left:
            left -= 1
        else:
            place = place % 4 + 1
        save(attempt, response.position, chosen=place)


def make_forecast(user: User, *, at: datetime, chance: float = 0.5, n: int = 60, cut: int = 28) -> Forecast:
    """A stored forecast of a form of 40 items, after a session of which nothing else is known."""
    session = PracticeSession.objects.create(user=user, title="Drill", mode="test", source="unseen", started_at=at)
    return Forecast.objects.create(
        user=user, session=session, at=at, algorithm=1, n=n, domain_count=10, weight=n, expected=28, low=22, high=34,
        chance=chance, cut=cut, scored_count=40, prior_a=14, prior_b=6, is_rough=True,
    )  # fmt: skip


def make_scored_mock(user: User, *, raw: int, now: datetime = NOW) -> Attempt:
    """A mock of 40 scored items with a cut of 28, given in at once and scored by decree."""
    attempt = start(user, now=now)
    attempts.submit(user=user, public_id=attempt.public_id, now=now)
    Score.objects.create(
        attempt=attempt, algorithm=1, raw=raw, scored_count=40, practice_cut=28, scaled=80 if raw >= 28 else 60,
        answered_count=50, pilot_right=5, pilot_count=10, computed_at=now, is_counted=not roles.is_instructor(user),
    )  # fmt: skip
    return attempt


def make_progress_link(
    user: User, *parts: str, days: int = 30, passphrase: str = "", name: bool = False, now: datetime = NOW
) -> MadeLink:
    """A link that shows the given parts, or the streak alone."""
    shows = {f"shows_{part}": True for part in parts or ("streak",)} | {"shows_name": name}
    return progress_links.make(user=user, shows=shows, days=days, passphrase=passphrase, now=now)


def make_group(owner: User, *, name: str = "Evening group", now: datetime = NOW) -> StudyGroup:
    return groups.create(by=owner, name=name, now=now)


def join_group(
    group: StudyGroup,
    user: User,
    *,
    share: Share = Share.PRACTICE,
    instructor: bool = False,
    asked: bool = False,
    now: datetime = NOW,
) -> Membership:
    """In the group, or at its door, as if an invitation had led there."""
    times = {"asked_at": now} if asked else {"joined_at": now}
    return Membership.objects.create(group=group, user=user, share=share, is_instructor=instructor, **times)
