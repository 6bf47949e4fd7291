"""A person's progress links: which there are, one more, one less."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import progress_links
from accounts.models import ProgressLink
from accounts.progress_link_forms import ProgressLinkForm
from accounts.progress_links import MOST_OPEN, TooManyLinks
from exams import progress_cards
from exams.access import SignedInRequest

MOST_ENDED = 10


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def link_list(request: SignedInRequest) -> HttpResponse:
    """The links, and the form for another. A new one's address is shown in the answer to the form and never again."""
    now = timezone.now()
    form = ProgressLinkForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            made = progress_links.make(
                user=request.user, shows=form.shows, days=form.cleaned_data["days"],
                passphrase=form.cleaned_data["passphrase"], now=now,
            )  # fmt: skip
        except TooManyLinks:
            form.add_error(None, f"You have {MOST_OPEN} links that still lead somewhere. Revoke one first.")
        else:
            address = request.build_absolute_uri(reverse("exams:progress", args=[made.token]))
            return TemplateResponse(request, "exams/progress_link.html", {"address": address, "link": made.link})
    mine = ProgressLink.objects.of(request.user)
    links = list(mine.open(now))
    context = {"form": form, "links": links, "ended": mine.exclude(pk__in=[link.pk for link in links])[:MOST_ENDED]}
    return TemplateResponse(request, "exams/progress_links.html", context, status=422 if form.errors else 200)


@never_cache
@login_required
@require_POST
def revoke(request: SignedInRequest, pk: int) -> HttpResponse:
    link = progress_links.revoke(user=request.user, pk=pk, now=timezone.now())
    if link is None:
        raise Http404
    progress_cards.forget(link)
    messages.success(request, "The link leads nowhere from now on, and neither does its picture.")
    return redirect("exams:progress_links")
