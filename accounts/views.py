from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from accounts.forms import SettingsForm
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
    return TemplateResponse(request, "account/settings.html", {"form": form})
