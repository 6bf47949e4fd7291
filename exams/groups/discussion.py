"""What members write about a shared form and its items: reading, writing, reporting, hiding, removing.

Only who has finished the form reads and writes; where an item is in an exam that they have open, it waits until that
has ended. See exams.groups.access for who is in the group at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from accounts import rate_limits
from accounts.groups import NotPossible
from accounts.models import Membership, StudyGroup, User
from exams.groups.activity import names_of
from exams.masking import items_being_asked
from exams.models import Attempt, CommentReport, FormItem, GroupComment, GroupExam
from questions.exhibits import prose

MOST_AN_HOUR = 30
GONE = "Somebody who left"


@dataclass(frozen=True, slots=True)
class Shown:
    """A comment as one member sees it. `markup` is empty where it is hidden from them."""

    comment: GroupComment
    author: str
    markup: str
    is_own: bool

    @property
    def is_hidden(self) -> bool:
        return self.comment.hidden_at is not None


@dataclass(frozen=True, slots=True)
class Reported:
    """A comment that waits for a decision. It can be read by who may read its discussion."""

    shown: Shown
    reasons: list[str]
    is_readable: bool


def about(exam: GroupExam, own: Membership, form_item: FormItem | None) -> list[Shown]:
    """The discussion of an item, or of the form as a whole."""
    comments = list(exam.comments.filter(form_item=form_item).select_related("form_item"))
    return _shown(comments, own)


def counts(exam: GroupExam) -> dict[int, int]:
    """How many comments there are to read, by the position of their item."""
    written = exam.comments.filter(form_item__isnull=False, hidden_at=None).order_by()
    rows = written.values_list("form_item__position").annotate(n=Count("pk"))
    return {position: n for position, n in rows if position is not None}


def write(*, exam: GroupExam, form_item: FormItem | None, author: User, text: str, now: datetime) -> GroupComment:
    """Raises NotPossible for more than anybody writes in an hour."""
    if rate_limits.count(f"comment:{author.pk}", window=timedelta(hours=1), now=now) > MOST_AN_HOUR:
        raise NotPossible(f"You have written {MOST_AN_HOUR} comments within an hour. Go on in a while.")
    return GroupComment.objects.create(exam=exam, form_item=form_item, author=author, text=text, at=now)


def readable(own: Membership, pk: int) -> GroupComment | None:
    """A comment of the group in a discussion that the member may read."""
    found = _of(own.group).filter(pk=pk).first()
    return found if found and _readable([found], own.user) else None


def to_moderate(own: Membership, pk: int) -> GroupComment | None:
    """Any comment of the group, for who leads it: what must go can go unread."""
    return _of(own.group).filter(pk=pk).first() if own.leads else None


def report(*, comment: GroupComment, by: User, reason: str, now: datetime) -> None:
    """A second report of the same person changes the reason of the first."""
    CommentReport.objects.update_or_create(comment=comment, by=by, defaults={"reason": reason, "at": now})


def hide(*, comment: GroupComment, reason: str, now: datetime) -> None:
    """Until it is shown again only its author and those who lead the group can read it. Its reports are dealt with."""
    GroupComment.objects.filter(pk=comment.pk).update(hidden_at=now, hidden_because=reason)
    comment.reports.all().delete()


def show_again(*, comment: GroupComment) -> None:
    """For all who read the discussion. Its reports are dealt with."""
    GroupComment.objects.filter(pk=comment.pk).update(hidden_at=None, hidden_because="")
    comment.reports.all().delete()


def delete(*, comment: GroupComment) -> None:
    comment.delete()


def delete_all_of(user: User, group: StudyGroup) -> None:
    _of(group).filter(author=user).delete()


def waiting_count(group: StudyGroup) -> int:
    return _of(group).filter(reports__isnull=False).distinct().count()


def waiting(own: Membership) -> list[Reported]:
    """What was reported or is hidden, the most reported first. A discussion that who leads may not read stays shut."""
    found = _of(own.group).filter(Q(reports__isnull=False) | Q(hidden_at__isnull=False)).distinct()
    comments = list(found.prefetch_related("reports"))
    may_read = _readable(comments, own.user)
    listed = [
        Reported(
            shown,
            [report.reason for report in shown.comment.reports.all()] if shown.comment.pk in may_read else [],
            shown.comment.pk in may_read,
        )
        for shown in _shown(comments, own)
    ]
    return sorted(listed, key=lambda one: (-len(one.shown.comment.reports.all()), one.shown.comment.pk))


def _of(group: StudyGroup) -> QuerySet[GroupComment]:
    return GroupComment.objects.filter(exam__group=group).select_related("exam__exam_form", "form_item")


def _shown(comments: Iterable[GroupComment], own: Membership) -> list[Shown]:
    names = names_of(own.group)
    found = []
    for comment in comments:
        is_own = comment.author_id == own.user_id
        is_told = comment.hidden_at is None or is_own or own.leads
        markup = prose(comment.text) if is_told else ""
        found.append(Shown(comment, names.get(comment.author_id, GONE), markup, is_own))
    return found


def _readable(comments: Iterable[GroupComment], user: User) -> set[int]:
    """Ids of those in discussions of forms that the person has finished, and of no item they are being asked."""
    comments = list(comments)
    forms = {comment.exam.exam_form_id for comment in comments}
    finished = Attempt.objects.of(user).finished().filter(exam_form__in=forms)
    done = set(finished.values_list("exam_form_id", flat=True))
    asked = items_being_asked(user)
    return {
        comment.pk
        for comment in comments
        if comment.exam.exam_form_id in done and not (comment.form_item and comment.form_item.item_id in asked)
    }
