from accounts.models.progress_link import ProgressLink
from accounts.models.user import MOST_BREAK_MINUTES, MOST_EXTRA_TIME_PERCENT, TextSize, User, UserManager

__all__ = [
    "MOST_BREAK_MINUTES",
    "MOST_EXTRA_TIME_PERCENT",
    "ProgressLink",
    "TextSize",
    "User",
    "UserManager",
]
