"""A progress link as everybody sees it who has the address: no account, no cookie, nothing to change.

Unknown, malformed, expired, revoked, and of somebody who is no longer active: all get the same answer in the same time,
because they go the same way to it. The headers come from accounts.middleware.
"""

import re
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts import progress_links, rate_limits
from accounts.models import ProgressLink
from accounts.progress_link_forms import PassphraseForm
from exams import progress_cards, progress_pages
from exams.progress_cards import HEIGHT, WIDTH

# A class behind one address opens a link, or a chat's servers fetch many people's.
MOST_A_MINUTE = 120
MINUTE = timedelta(minutes=1)
MOST_WRONG_PASSPHRASES = 10
PASSPHRASE_WINDOW = timedelta(minutes=10)
# Programs that open an address to show a preview of it, as far as they say so.
PREVIEWS = re.compile(
    r"bot\b|externalhit|whatsapp|preview|unfurl|embed|crawler|spider|slack-img|skypeuri", re.IGNORECASE
)


# Exempt because there is no cookie to guard: a passphrase is compared, and nothing anywhere changes.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    now = timezone.now()
    if _asks_too_often(request, now):
        return _busy(request)
    link = progress_links.open_at(token, now=now)
    if link is None:
        return _nothing(request)
    if link.passphrase and (refusal := _refusal(request, link, token, now)):
        return refusal
    if request.method != "HEAD" and not PREVIEWS.search(request.headers.get("User-Agent", "")):
        progress_links.count_use(link, now=now)
    context = {"progress": progress_pages.of(link, now=now), **_unfurled(request, token)}
    return render(request, "exams/progress_page.html", context)


@require_safe
def card(request: HttpRequest, token: str) -> HttpResponse:
    """The picture for chats; whoever fetches it is not counted as somebody who looked."""
    now = timezone.now()
    if _asks_too_often(request, now):
        return _busy(request)
    link = progress_links.open_at(token, now=now)
    if link is None:
        return _nothing(request)
    return HttpResponse(progress_cards.of(link, now=now), content_type="image/png")


def _refusal(request: HttpRequest, link: ProgressLink, token: str, now: datetime) -> HttpResponse | None:
    """The page that asks for the passphrase; None once it is right.

    A try is counted before it is compared, so that many at once get no more of them.
    """
    form = PassphraseForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        name = f"passphrase:{link.digest}"
        if rate_limits.count(name, window=PASSPHRASE_WINDOW, now=now) > MOST_WRONG_PASSPHRASES:
            form.add_error("passphrase", "Too many wrong passphrases. Wait ten minutes, then try again.")
            status = 429
        elif progress_links.opens(link, form.cleaned_data["passphrase"]):
            rate_limits.take_back(name, window=PASSPHRASE_WINDOW, now=now)
            return None
        else:
            form.add_error("passphrase", "This is not the passphrase of this link. Ask whoever sent it to you.")
            status = 403
    elif request.method == "POST":
        status = 422
    context = {"form": form, **_unfurled(request, token)}
    return render(request, "exams/progress_passphrase.html", context, status=status)


def _unfurled(request: HttpRequest, token: str) -> dict[str, object]:
    """What the page tells chats of its picture."""
    address = request.build_absolute_uri(reverse("exams:progress_card", args=[token]))
    return {"card": {"address": address, "width": WIDTH, "height": HEIGHT}}


def _asks_too_often(request: HttpRequest, now: datetime) -> bool:
    name = f"progress-page:{rate_limits.address_of(request)}"
    return rate_limits.count(name, window=MINUTE, now=now) > MOST_A_MINUTE


def _nothing(request: HttpRequest) -> HttpResponse:
    return render(request, "exams/progress_nothing.html", status=404)


def _busy(request: HttpRequest) -> HttpResponse:
    answer = render(request, "exams/progress_busy.html", status=429)
    answer.headers["Retry-After"] = "60"
    return answer
