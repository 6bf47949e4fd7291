from questions.models.bank_import import BankImport, ImportState
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
from questions.models.picture import ExhibitImage, MediaType

__all__ = [
    "DRAWABLE",
    "BankImport",
    "Cognitive",
    "Domain",
    "EnemyPair",
    "ExhibitImage",
    "ExhibitKind",
    "FaultReport",
    "ImportState",
    "Item",
    "ItemStatus",
    "ItemTransition",
    "ItemVersion",
    "MediaType",
    "Option",
    "OptionOrder",
    "Outline",
    "ReviewComment",
    "Task",
]
