from accounts.models.group import Invitation, Membership, Role, Share, StudyGroup, shown_name
from accounts.models.user import MOST_BREAK_MINUTES, MOST_EXTRA_TIME_PERCENT, TextSize, User, UserManager

__all__ = [
    "MOST_BREAK_MINUTES",
    "MOST_EXTRA_TIME_PERCENT",
    "Invitation",
    "Membership",
    "Role",
    "Share",
    "StudyGroup",
    "TextSize",
    "User",
    "UserManager",
    "shown_name",
]
