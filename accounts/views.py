from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import DisplayForm, SettingsForm
from accounts.models import User


@login_required
@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    # Read anew, so that a refused form does not change the name in the page's header.
    user = User.objects.get(pk=request.user.pk or 0)
    form = SettingsForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        user.save(update_fields=["name", "time_zone"])
        messages.success(request, "Saved.")
        return redirect("accounts:settings")
    return TemplateResponse(
        request, "account/settings.html", {"form": form, "display_form": DisplayForm(instance=user)}
    )


@login_required
@require_POST
def display(request: HttpRequest) -> HttpResponse:
    """From the settings, or by fetch from the exam room, which is told how it looks from now on."""
    user = User.objects.get(pk=request.user.pk or 0)
    form = DisplayForm(request.POST, instance=user)
    wants_json = request.accepts("application/json") and not request.accepts("text/html")
    if form.is_valid():
        user.save(update_fields=list(form.fields))
        if wants_json:
            return JsonResponse({"result": "saved", "display": user.display})
        messages.success(request, "Saved.")
    elif wants_json:
        return JsonResponse({"result": "invalid"}, status=400)
    else:
        messages.error(request, "That was none of the choices; nothing was changed.")
    return redirect("accounts:settings")


@login_required
@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign out one of one's own browsers."""
    session = get_object_or_404(UserSession, pk=pk, user=request.user.pk)
    session.end()
    messages.success(request, "That browser is signed out.")
    return redirect("usersessions_list")
