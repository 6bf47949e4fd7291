from accounts.models.audit_entry import AuditEntry, Verb
from accounts.models.group import Invitation, Membership, Role, Share, StudyGroup, shown_name
from accounts.models.mail import MailChoice, MailKind, MailRefusal, SentMail
from accounts.models.progress_link import ProgressLink
from accounts.models.user import MOST_BREAK_MINUTES, MOST_EXTRA_TIME_PERCENT, TextSize, Theme, User, UserManager

__all__ = [
    "MOST_BREAK_MINUTES",
    "MOST_EXTRA_TIME_PERCENT",
    "AuditEntry",
    "Invitation",
    "MailChoice",
    "MailKind",
    "MailRefusal",
    "Membership",
    "ProgressLink",
    "Role",
    "SentMail",
    "Share",
    "StudyGroup",
    "TextSize",
    "Theme",
    "User",
    "UserManager",
    "Verb",
    "shown_name",
]
