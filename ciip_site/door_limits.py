"""How often one person may use a door: generous to people, a wall to scripts.

A door is a view by the name of its URL. Whatever changes something is counted, and what is costly to answer. What can
be guessed is limited where it is guarded: ACCOUNT_RATE_LIMITS, exams.views.progress_page, exams.views.invitations.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from accounts import rate_limits
from exams.templatetags.timing import minute_words

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SAFE = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True, slots=True)
class Limit:
    """So many within a window, all doors of one name together."""

    name: str
    most: int
    window: timedelta


# Any change that is not named below, of one person; of strangers, of all behind one address.
CHANGES = Limit("changes", 120, MINUTE)
STRANGERS_CHANGES = Limit("strangers-changes", 600, MINUTE)

_STARTS = Limit("starts", 40, HOUR)
_COMMENTS = Limit("comments", 120, HOUR)
_FAULTS = Limit("faults", 60, HOUR)
_INVITATIONS = Limit("invitations", 120, HOUR)
_PLANS = Limit("plans", 60, HOUR)
_LINKS = Limit("links", 60, HOUR)
_IMPORTS = Limit("imports", 120, HOUR)
_SOLVER = Limit("solver", 40, HOUR)
_BANK_WORK = Limit("bank-work", 600, MINUTE)
# What is sent to change something or to have something made.
SENDING: dict[str, Limit] = {
    "exams:start": _STARTS,
    "exams:start_appointment": _STARTS,
    "exams:start_group_form": _STARTS,
    "exams:start_practice": Limit("drills", 120, HOUR),
    "exams:report_pdf": Limit("report-files", 60, HOUR),
    "exams:personal_export": Limit("copies", 20, HOUR),
    "exams:verify_receipt": Limit("receipts", 120, MINUTE),
    "exams:make_group": Limit("groups", 40, HOUR),
    "exams:write_comment": _COMMENTS,
    "exams:report_comment": _COMMENTS,
    "exams:fault": _FAULTS,
    "exams:practice_fault": _FAULTS,
    "exams:group_invitations": _INVITATIONS,
    "exams:send_invitation": _INVITATIONS,
    "exams:make_plan": _PLANS,
    "exams:catch_up": _PLANS,
    "exams:progress_links": _LINKS,
    "exams:share_calendar": _LINKS,
    "exams:upload": _IMPORTS,
    "exams:check_import": _IMPORTS,
    "exams:apply_import": _IMPORTS,
    "exams:build_forms": _SOLVER,
    "exams:freeze_forms": _SOLVER,
    # Sent by the editor itself while somebody types.
    "admin:questions_item_preview": _BANK_WORK,
}
_FILES = Limit("files", 120, HOUR)
_FIGURES = Limit("figures", 120, MINUTE)
_SEARCHES = Limit("searches", 240, MINUTE)
# What is only looked at and costs much to answer.
LOOKING: dict[str, Limit] = {
    "exams:export": _FILES,
    "exams:cohort_csv": _FILES,
    "exams:report_file": _FILES,
    "exams:personal_export_file": _FILES,
    "exams:report": _FIGURES,
    "exams:readiness": _FIGURES,
    "exams:calibration": _FIGURES,
    "exams:practice": _FIGURES,
    "exams:cohort_results": _FIGURES,
    "exams:candidate_report": _FIGURES,
    "exams:coverage": _FIGURES,
    "exams:pilots": _FIGURES,
    "admin:questions_item_alike": _SEARCHES,
    "admin:questions_item_enemies": _SEARCHES,
    "admin:autocomplete": _SEARCHES,
}
# Lists of the admin are what is searched.
LISTS = "_changelist"

# A candidate at work is never counted: counting takes longer than storing an answer does, and a dead cache must not
# be felt. What an exam stores is bounded by its ledger instead (exams.attempts.MOST_ENTRIES).
AT_WORK = {
    "exams:appointment", "exams:practise", "exams:practice_heartbeat", "exams:to_agreement", "exams:accept",
    "exams:decline", "exams:room", "exams:save", "exams:heartbeat", "exams:plain_item", "exams:plain_review",
    "exams:submit", "exams:abandon", "exams:break", "exams:end_break", "exams:unsent",
}  # fmt: skip
# Behind an address that is a lock of its own: counted there, and where mail programs switch off mails for many.
BEHIND_SECRETS = {"exams:progress", "exams:progress_card", "exams:calendar", "accounts:mail_off"}


def limit_of(request: HttpRequest, door: str) -> Limit | None:
    """The limit of what is asked; None for what nobody counts."""
    if door in AT_WORK | BEHIND_SECRETS:
        return None
    if request.method in SAFE:
        return _SEARCHES if door.startswith("admin:") and door.endswith(LISTS) else LOOKING.get(door)
    return SENDING.get(door) or (CHANGES if request.user.is_authenticated else STRANGERS_CHANGES)


class DoorLimitMiddleware:
    """Refuses what is beyond a limit before the view is reached, so that nothing is changed. Comes after all others."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: object) -> HttpResponse | None:
        door = request.resolver_match.view_name if request.resolver_match else ""
        limit = limit_of(request, door)
        if limit is None:
            return None
        who = str(request.user.pk) if request.user.is_authenticated else rate_limits.address_of(request)
        now = timezone.now()
        if rate_limits.count(f"door:{limit.name}:{who}", window=limit.window, now=now) <= limit.most:
            return None
        seconds = rate_limits.seconds_left(window=limit.window, now=now)
        return _refuse(request, seconds)


def _refuse(request: HttpRequest, seconds: int) -> HttpResponse:
    """By the way that whoever asked understands."""
    wait = minute_words(ceil(seconds / 60))
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        message = f"This was asked for too often. Nothing was changed; try again in {wait}."
        response: HttpResponse = JsonResponse({"result": "too_often", "message": message}, status=429)
    else:
        response = render(request, "too_often.html", {"wait": wait}, status=429)
    response.headers["Retry-After"] = str(seconds)
    response.headers["Cache-Control"] = "no-store"
    return response
