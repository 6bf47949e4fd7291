"""What a form is made of, published or proposed: coverage, levels, difficulty, key places, and what is amiss in it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from django.db.models import Avg, Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from exams import exam_forms, form_builds, item_statistics, keys, pools
from exams.assembly import DrawnForm
from exams.models import Attempt, ExamForm, FormBuild, FormItem, title_of
from questions.models import Cognitive, Domain, Item, ItemStatus, ItemVersion, Outline, Task
from questions.samples import LETTERS


@dataclass(frozen=True, slots=True)
class Served:
    """One place of a form with what its version says of itself."""

    version_id: int
    is_scored: bool
    option_order: str
    domain: int
    task: str
    level: str
    predicted_p: float | None


@dataclass(frozen=True, slots=True)
class Part:
    """A domain, a task or a level within a form; quotas are None where there are none."""

    name: str
    scored: int
    pilots: int
    scored_quota: int | None = None
    pilot_quota: int | None = None

    @property
    def is_off(self) -> bool:
        """Whether it is not as the outline wants it."""
        return self.scored_quota is not None and (self.scored, self.pilots) != (self.scored_quota, self.pilot_quota)


@dataclass(frozen=True)
class Facts:
    """`predicted` is the mean of the `known` of all `scored` items that have a prediction."""

    title: str
    reused: int
    scored: int
    domains: list[Part]
    tasks: list[Part]
    levels: list[Part]
    predicted: float | None
    known: int
    keys: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class MeasuredMeans:
    """Mean facility of the scored items that have enough answers, and the mean of what was predicted for those."""

    n: int
    facility: float | None
    predicted: float | None


@dataclass(frozen=True, slots=True)
class Change:
    code: str
    says: str


@dataclass(frozen=True, slots=True)
class Section:
    """Rows of a comparison: a name, and a cell for each form."""

    title: str
    rows: list[tuple[str, list[str]]]


def published() -> QuerySet[ExamForm]:
    """Published forms with `finished` attempts and the mean predicted difficulty of their scored items, `mean_p`."""
    # Subqueries, because two joins in one statement would multiply each other's rows.
    finished = Attempt.objects.finished().filter(exam_form=OuterRef("pk")).order_by().values("exam_form")
    scored = FormItem.objects.filter(exam_form=OuterRef("pk"), is_scored=True).order_by().values("exam_form")
    return ExamForm.objects.published().annotate(
        finished=Coalesce(Subquery(finished.annotate(n=Count("pk")).values("n")), 0),
        mean_p=Subquery(scored.annotate(mean=Avg("version__predicted_p")).values("mean")),
    )


def of_published(exam_form: ExamForm) -> Facts:
    rows = exam_form.form_items.order_by("position").values_list("version_id", "is_scored", "option_order")
    return _facts(exam_form.outline, _served(list(rows)), exam_form.title, exam_form.reused_count)


def of_build(build: FormBuild) -> list[Facts]:
    """The forms of a proposal as they would be published now, of a frozen build as they were."""
    if frozen := list(build.exam_forms.published().select_related("outline")):
        return [of_published(exam_form) for exam_form in frozen]
    problem, forms = form_builds.proposal(build)
    outline, _ = pools.current_quotas()
    arranged = [exam_forms.arranged(problem, form) for form in forms]
    first = exam_forms.next_number()
    ids = _version_ids(arranged)
    return [
        _facts(outline, _served(_rows(form, ids)), title_of(number), len(form.reused))
        for number, form in enumerate(arranged, start=first)
    ]


def _version_ids(forms: Iterable[DrawnForm]) -> dict[tuple[str, int], int]:
    codes = {place.code for form in forms for place in form.places}
    versions = ItemVersion.objects.filter(item__code__in=codes)
    return {(code, number): pk for pk, code, number in versions.values_list("pk", "item__code", "number")}


def _rows(form: DrawnForm, ids: dict[tuple[str, int], int]) -> list[tuple[int, bool, str]]:
    """A version that was erased since is left out; freezing then refuses."""
    return [
        (ids[place.code, place.version], place.is_scored, "".join(map(str, place.option_order)))
        for place in form.places
        if (place.code, place.version) in ids
    ]


def _served(rows: Sequence[tuple[int, bool, str]]) -> list[Served]:
    versions = ItemVersion.objects.in_bulk([pk for pk, _, _ in rows])
    tasks = Task.objects.select_related("domain").in_bulk({version.task_id for version in versions.values()})
    return [
        Served(
            version_id=pk,
            is_scored=is_scored,
            option_order=option_order,
            domain=(task := tasks[versions[pk].task_id]).domain.number,
            task=str(task),
            level=versions[pk].cognitive,
            predicted_p=versions[pk].predicted_p,
        )
        for pk, is_scored, option_order in rows
    ]


def _facts(outline: Outline, served: Sequence[Served], title: str, reused: int) -> Facts:
    domains = list(Domain.objects.filter(outline=outline))
    quotas = pools.quotas_of(outline, {domain.number: domain.weight for domain in domains})
    tasks = [str(task) for task in Task.objects.filter(domain__outline=outline).order_by("domain__number", "code")]
    by_domain = Counter((place.domain, place.is_scored) for place in served)
    by_task = Counter((place.task, place.is_scored) for place in served)
    by_level = Counter((place.level, place.is_scored) for place in served)
    predicted = [place.predicted_p for place in served if place.is_scored and place.predicted_p is not None]
    return Facts(
        title=title,
        reused=reused,
        scored=sum(place.is_scored for place in served),
        domains=[
            Part(
                domain.name,
                by_domain[domain.number, True],
                by_domain[domain.number, False],
                quotas[domain.number, True],
                quotas[domain.number, False],
            )
            for domain in domains
        ],
        tasks=[Part(task, by_task[task, True], by_task[task, False]) for task in tasks],
        levels=[Part(level, by_level[level, True], by_level[level, False]) for level in Cognitive.values],
        predicted=sum(predicted) / len(predicted) if predicted else None,
        known=len(predicted),
        keys=_key_places(served),
    )


def _key_places(served: Sequence[Served]) -> list[tuple[str, int]]:
    """How many right options stand at each letter as shown; a mended key counts as mended."""
    position = keys.keys_of(place.version_id for place in served)
    places = Counter(place.option_order.index(str(position[place.version_id])) for place in served)
    most = max((len(place.option_order) for place in served), default=0)
    return [(LETTERS[place], places[place]) for place in range(most)]


def measured(exam_form: ExamForm) -> MeasuredMeans:
    """From the items' statistics: answers of all who met these versions first, in whatever form."""
    ids = exam_form.form_items.filter(is_scored=True).values_list("version_id", flat=True)
    versions = ItemVersion.objects.filter(pk__in=list(ids)).select_related("item").prefetch_related("options")
    shown = [one for one in item_statistics.of_versions(list(versions)) if one.is_shown]
    found = [one.statistics.p for one in shown if one.statistics.p is not None]
    said = [p for one in shown if (p := one.version.predicted_p) is not None]
    return MeasuredMeans(len(found), _mean(found), _mean(said))


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def ties(exam_form: ExamForm) -> list[tuple[str, str]]:
    """Pairs within a form that are enemies or of one matched set as the bank stands now; there should be none."""
    codes = set(exam_form.form_items.values_list("item__code", flat=True))
    sets: dict[str, list[str]] = {}
    for code, name in Item.objects.filter(code__in=codes).exclude(matched_set="").values_list("code", "matched_set"):
        sets.setdefault(name, []).append(code)
    mates = {tuple(sorted(pair)) for members in sets.values() for pair in combinations(members, 2)}
    enemies = {tuple(sorted(pair)) for pair in pools.enemy_pairs() if pair <= codes}
    return [(first, second) for first, second in sorted(mates | enemies)]


def changed(exam_form: ExamForm) -> list[Change]:
    """Items that are no longer what the form serves: retired, moved, or published in a later version."""
    rows = exam_form.form_items.select_related("item__published_version", "version").order_by("item__code")
    return [Change(row.item.code, says) for row in rows if (says := _change_of(row))]


def _change_of(row: FormItem) -> str:
    status: str = row.item.status
    wanted = ItemStatus.OPERATIONAL if row.is_scored else ItemStatus.PILOT
    said = []
    if status != wanted:
        said.append(f"{status} now, served as {'scored' if row.is_scored else 'a pilot'}")
    if row.item.published_version_id != row.version_id:
        now = row.item.published_version
        said.append(
            f"version {now.number} is published, the form serves {row.version.number}" if now else "unpublished"
        )
    return "; ".join(said)


def side_by_side(build: FormBuild, forms: Sequence[Facts]) -> list[Section]:
    """The forms of a build, feature by feature."""
    letters = [letter for letter, _ in forms[0].keys]
    return [
        Section(
            "Difficulty and reuse",
            [
                ("Mean predicted difficulty", [_three_places(form.predicted) for form in forms]),
                ("Scored items with a prediction", [str(form.known) for form in forms]),
                ("Items of earlier published forms", [str(form.reused) for form in forms]),
                *_overlaps(build, [form.title for form in forms]),
            ],
        ),
        Section("Scored items by level", _rows_of([form.levels for form in forms], is_scored_only=True)),
        Section(
            "Right options at", [(letter, [str(form.keys[n][1]) for form in forms]) for n, letter in enumerate(letters)]
        ),
        Section("Scored and pilots by domain", _rows_of([form.domains for form in forms])),
        Section("Scored and pilots by task", _rows_of([form.tasks for form in forms])),
    ]


def _overlaps(build: FormBuild, names: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Shared items, with each earlier form and among each other, where the wish allows any."""
    problem, forms = form_builds.proposal(build)
    chosen = [frozenset(form["codes"]) for form in forms]
    others: list[tuple[str, frozenset[str]]] = []
    if problem.wish.overlap:
        others += [(title_of(number), codes) for number, codes in sorted(problem.earlier.items())]
    if problem.wish.shared:
        others += list(zip(names, chosen, strict=True))
    return [
        (
            f"Shared with {name}",
            ["–" if name == own else str(len(codes & mine)) for own, mine in zip(names, chosen, strict=True)],
        )
        for name, codes in others
    ]


def _rows_of(parts: Sequence[Sequence[Part]], *, is_scored_only: bool = False) -> list[tuple[str, list[str]]]:
    return [
        (row[0].name, [str(part.scored) if is_scored_only else f"{part.scored} + {part.pilots}" for part in row])
        for row in zip(*parts, strict=True)
    ]


def _three_places(value: float | None) -> str:
    return "none predicted" if value is None else f"{value:.3f}"
