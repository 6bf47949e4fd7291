"""The bank as plain values: for programs, and as the entries that questions.exchange writes in its formats."""

from base64 import b64encode
from collections.abc import Iterable
from typing import Any

from questions.bank_format import OPTION_IDS
from questions.content import ItemContent, content_of
from questions.models import EnemyPair, ExhibitImage, ExhibitKind, Item, ItemVersion


def rows() -> list[dict[str, Any]]:
    """Every item with its published version, or its latest one where none is published, in order of code."""
    return [
        {
            "id": item.code,
            "version": version.number,
            "domain": version.task.domain.code,
            "task": version.task.code,
            "topic": version.topic,
            "status": item.status,
            "cognitive": version.cognitive,
            "order": version.order,
            "point": version.point,
            "stem": version.stem,
            "exhibit": _exhibit(content_of(version)),
            "options": [
                {"text": option.text, "key": option.is_key, "rationale": option.rationale}
                for option in version.options.all()
            ],
            "references": version.references,
            "tags": version.tags,
            "predicted_p": version.predicted_p,
            "matched_set": item.matched_set,
            "enemies": enemies,
        }
        for item, version, enemies in _bank()
    ]


def entries(*, domain: str = "", status: str = "") -> list[dict[str, Any]]:
    """The bank, or one domain or status of it, in the fields of its own format; importing them changes nothing."""
    return [
        _entry(item, version.number, content_of(version), enemies)
        for item, version, enemies in _bank()
        if domain in ("", version.task.domain.code) and status in ("", item.status)
    ]


def _bank() -> Iterable[tuple[Item, ItemVersion, list[str]]]:
    enemies: dict[int, list[str]] = {}
    for pair in EnemyPair.objects.select_related("first", "second"):
        enemies.setdefault(pair.first_id, []).append(pair.second.code)
        enemies.setdefault(pair.second_id, []).append(pair.first.code)
    versions: dict[int, ItemVersion] = {}
    newest_last = ItemVersion.objects.select_related("item", "task__domain").prefetch_related("options")
    for version in newest_last.order_by("item__code", "number"):
        if version.item.published_version_id in (None, version.pk):
            versions[version.item_id] = version
    return [(version.item, version, sorted(enemies.get(pk, []))) for pk, version in versions.items()]


def _entry(item: Item, number: int, content: ItemContent, enemies: list[str]) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": item.code,
        "version": number,
        "status": item.status,
        "task": content.task,
        "topic": content.topic,
        "point": content.point,
        "cognitive": content.cognitive,
        "predicted_p": content.predicted_p,
        "order": content.order,
        "exhibit": _exhibit(content),
        "stem": content.stem,
        "options": [
            {"id": option_id, "text": option.text, "rationale": option.rationale}
            for option_id, option in zip(OPTION_IDS, content.options, strict=False)
        ],
        "key": next(option_id for option_id, o in zip(OPTION_IDS, content.options, strict=False) if o.is_key),
        "references": list(content.references),
        "tags": list(content.tags),
        "matched_set": item.matched_set,
        "enemies": enemies,
        "waivers": [{name: value for name, value in waiver.items() if value} for waiver in item.waivers],
    }
    return {name: value for name, value in entry.items() if value not in (None, "", [])}


def _exhibit(content: ItemContent) -> dict[str, str] | None:
    """A picture with its bytes, so that the export is whole."""
    if not content.exhibit_kind:
        return None
    if content.exhibit_kind == ExhibitKind.IMAGE:
        image = ExhibitImage.objects.get(pk=content.exhibit_body)
        source, body = "data", b64encode(image.content).decode()
    else:
        source, body = "body", content.exhibit_body
    return {"kind": content.exhibit_kind, "title": content.exhibit_title, source: body, "alt": content.exhibit_alt}
