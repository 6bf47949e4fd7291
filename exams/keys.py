"""Which option counts as right: the version's own key, or that of the version that mended it."""

from collections.abc import Iterable

from exams.models import Regrade
from questions.models import Option


def mended_versions(version_ids: Iterable[int]) -> dict[int, int]:
    """For versions whose key was mended, the id of the version that holds the right one; the latest regrade wins."""
    rows = Regrade.objects.filter(version__in=set(version_ids)).order_by("at", "pk")
    return dict(rows.values_list("version_id", "mended_id"))


def keys_of(version_ids: Iterable[int]) -> dict[int, int]:
    """The position of the right option of each version."""
    ids = set(version_ids)
    mended = mended_versions(ids)
    own = Option.objects.filter(version__in=ids | set(mended.values()), is_key=True)
    position = dict(own.values_list("version_id", "position"))
    return {version: position[mended.get(version, version)] for version in ids}
