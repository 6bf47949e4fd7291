from exams.models.attempt import (
    Attempt,
    AttemptEvent,
    AttemptStatus,
    Ending,
    EventKind,
    Extension,
    Mode,
    Response,
)
from exams.models.cohort import Cohort
from exams.models.exam_form import BankSnapshot, ExamForm, FormItem, FormKind
from exams.models.score import DomainScore, Score

__all__ = [
    "Attempt",
    "AttemptEvent",
    "AttemptStatus",
    "BankSnapshot",
    "Cohort",
    "DomainScore",
    "Ending",
    "EventKind",
    "ExamForm",
    "Extension",
    "FormItem",
    "FormKind",
    "Mode",
    "Response",
    "Score",
]
