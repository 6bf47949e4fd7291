from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.html import format_html

from accounts.models import User

format_html_lazy = lazy(format_html, str)


class SignupForm(forms.Form):
    """What sign-up asks besides allauth's e-mail and password."""

    name = forms.CharField(max_length=150, required=False, help_text="Optional; how this site addresses you.")
    accept_terms = forms.BooleanField(
        label=format_html_lazy('I accept the <a href="{}">terms of this site</a>.', reverse_lazy("terms")),
        error_messages={"required": "An account needs your consent to the terms."},
    )
    time_zone = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    field_order = ("email", "password1", "name", "accept_terms")

    def clean_time_zone(self) -> str:
        """The browser's word where it names a real zone."""
        zone: str = self.cleaned_data["time_zone"]
        return zone if zone in available_timezones() else "UTC"

    def signup(self, request: HttpRequest, user: User) -> None:
        """Called by allauth once the account is made."""
        user.name = self.cleaned_data["name"]
        user.time_zone = self.cleaned_data["time_zone"]
        user.terms_accepted_at = timezone.now()
        user.save(update_fields=["name", "time_zone", "terms_accepted_at"])


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in its stubs alone
    time_zone = forms.ChoiceField(help_text="All dates and times on this site are shown in it.")

    class Meta:
        model = User
        fields = ("name", "time_zone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].choices = [(zone, zone) for zone in sorted(available_timezones())]  # type: ignore[attr-defined]
