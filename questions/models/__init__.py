from questions.models.fault_report import FaultReport
from questions.models.item import (
    DRAWABLE,
    Cognitive,
    EnemyPair,
    ExhibitKind,
    Item,
    ItemStatus,
    ItemTransition,
    ItemVersion,
    Option,
    OptionOrder,
    ReviewComment,
)
from questions.models.outline import Domain, Outline, Task

__all__ = [
    "DRAWABLE",
    "Cognitive",
    "Domain",
    "EnemyPair",
    "ExhibitKind",
    "FaultReport",
    "Item",
    "ItemStatus",
    "ItemTransition",
    "ItemVersion",
    "Option",
    "OptionOrder",
    "Outline",
    "ReviewComment",
    "Task",
]
