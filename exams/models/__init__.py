from exams.models.appointment import Appointment, Block, Survey
from exams.models.attempt import (
    Attempt,
    AttemptEvent,
    AttemptStatus,
    Ending,
    EventKind,
    Extension,
    LateAnswer,
    Mode,
    Response,
)
from exams.models.cohort import Cohort
from exams.models.credential import CredentialRecord, CreditEntry, Duty, ExamResult, RealAttempt
from exams.models.exam_form import Algorithm, BankSnapshot, ExamForm, ExamFormQuerySet, FormItem, FormKind, title_of
from exams.models.forecast import Forecast
from exams.models.form_build import BuildState, FormBuild
from exams.models.group import CommentReport, GroupComment, GroupExam
from exams.models.personal_export import ExportState, PersonalExport
from exams.models.practice import (
    Confidence,
    GivenUpForm,
    PracticeItem,
    PracticeMode,
    PracticeSession,
    PracticeSource,
    ReviewCard,
)
from exams.models.regrade import Regrade, RegradedScore
from exams.models.report_file import ReportFile
from exams.models.score import DomainScore, Score
from exams.models.statistics import AnswerCount, TimeCount
from exams.models.study_plan import MOST_HOURS, PlanTask, PlanTaskKind, StudyPlan
from exams.models.triage import MissReason, Triage

__all__ = [
    "MOST_HOURS",
    "Algorithm",
    "AnswerCount",
    "Appointment",
    "Attempt",
    "AttemptEvent",
    "AttemptStatus",
    "BankSnapshot",
    "Block",
    "BuildState",
    "Cohort",
    "CommentReport",
    "Confidence",
    "CredentialRecord",
    "CreditEntry",
    "DomainScore",
    "Duty",
    "Ending",
    "EventKind",
    "ExamForm",
    "ExamFormQuerySet",
    "ExamResult",
    "ExportState",
    "Extension",
    "Forecast",
    "FormBuild",
    "FormItem",
    "FormKind",
    "GivenUpForm",
    "GroupComment",
    "GroupExam",
    "LateAnswer",
    "MissReason",
    "Mode",
    "PersonalExport",
    "PlanTask",
    "PlanTaskKind",
    "PracticeItem",
    "PracticeMode",
    "PracticeSession",
    "PracticeSource",
    "RealAttempt",
    "Regrade",
    "RegradedScore",
    "ReportFile",
    "Response",
    "ReviewCard",
    "Score",
    "StudyPlan",
    "Survey",
    "TimeCount",
    "Triage",
    "title_of",
]
