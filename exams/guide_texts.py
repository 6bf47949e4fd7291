"""The texts of the domain guides that come with the site."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from exams.shipped import FIXTURES
from questions import bank_yaml

GUIDES = FIXTURES / "guides"


@dataclass(frozen=True)
class GuideText:
    """What a guide's file says: `topics` by the code of their task, `note` on interviews where there is one."""

    summary: str
    note: str
    job_titles: tuple[str, ...]
    prompts: tuple[str, ...]
    topics: Mapping[str, tuple[str, ...]]


NO_TEXT = GuideText("", "", (), (), {})


@cache
def texts(folder: Path = GUIDES) -> Mapping[str, GuideText]:
    """The texts that come with the site, by the code of their domain."""
    documents = [bank_yaml.read(path) for path in sorted(folder.glob("*.yaml"))]
    return {
        document["code"]: GuideText(
            summary=document["summary"],
            note=document.get("note", ""),
            job_titles=tuple(document["job_titles"]),
            prompts=tuple(document["prompts"]),
            topics={task["code"]: tuple(task["topics"].values()) for task in document["tasks"]},
        )
        for document in documents
    }
