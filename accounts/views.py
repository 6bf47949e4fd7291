from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from accounts import mailing
from accounts.forms import DisplayForm, SettingsForm
from accounts.mail_forms import MailForm
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
    context = {
        "form": form,
        "display_form": DisplayForm(instance=user),
        "mail_form": MailForm.of(user),
        "is_confirmed": mailing.is_confirmed(user),
    }
    return TemplateResponse(request, "account/settings.html", context)


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


@login_required
@require_POST
def notifications(request: HttpRequest) -> HttpResponse:
    """Which mails the person gets from now on."""
    user = User.objects.get(pk=request.user.pk or 0)
    form = MailForm(request.POST)
    if form.is_valid():
        mailing.choose(user=user, kinds=form.chosen(), now=timezone.now())
        messages.success(request, "Saved.")
    else:
        messages.error(request, "That was none of the choices; nothing was changed.")
    return redirect("accounts:settings")


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def mail_off(request: HttpRequest, token: str) -> HttpResponse:
    """No more mails of one kind to one address: who has the mail has the address. Mail programs post by themselves.

    GET changes nothing, because mail programs and scanners fetch what they find in mails.
    """
    read = mailing.read_off_token(token)
    if read is None:
        return TemplateResponse(request, "account/mail_off_unknown.html", status=404)
    kind, digest = read
    is_answer = request.method == "POST"
    if is_answer and "again" in request.POST:
        mailing.welcome(kind=kind, digest=digest)
    elif is_answer:
        mailing.refuse(kind=kind, digest=digest, now=timezone.now())
    context = {"kind": kind, "is_off": mailing.is_off(kind=kind, digest=digest), "is_answer": is_answer}
    return TemplateResponse(request, "account/mail_off.html", context)
