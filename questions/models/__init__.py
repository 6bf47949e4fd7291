from questions.models.bank_import import BankImport, ImportState
from questions.models.fault_report import FaultReport
from questions.models.item import (
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
    "BankImport",
    "Cognitive",
    "Domain",
    "EnemyPair",
    "ExhibitKind",
    "FaultReport",
    "ImportState",
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
