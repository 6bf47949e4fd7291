from accounts.models.mail import MailChoice, MailKind, MailRefusal, SentMail
from accounts.models.user import MOST_BREAK_MINUTES, MOST_EXTRA_TIME_PERCENT, TextSize, User, UserManager

__all__ = [
    "MOST_BREAK_MINUTES",
    "MOST_EXTRA_TIME_PERCENT",
    "MailChoice",
    "MailKind",
    "MailRefusal",
    "SentMail",
    "TextSize",
    "User",
    "UserManager",
]
