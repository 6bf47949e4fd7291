from functools import cache
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.forms import UserChangeForm
from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.html import format_html

from accounts.models import User

format_html_lazy = lazy(format_html, str)


@cache
def time_zones() -> list[tuple[str, str]]:
    """The zones this machine knows; UTC first, which a select falls back to when it does not know the stored one."""
    return [(zone, zone) for zone in ("UTC", *sorted(available_timezones() - {"UTC"}))]


class SignupForm(forms.Form):
    """What sign-up asks besides allauth's e-mail and password."""

    name = forms.CharField(
        max_length=150,
        required=False,
        help_text="Optional; how this site addresses you.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    accept_terms = forms.BooleanField(
        label=format_html_lazy('I accept the <a href="{}">terms of this site</a>.', reverse_lazy("terms")),
        error_messages={"required": "An account needs your consent to the terms."},
    )
    time_zone = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    field_order = ("email", "password1", "name", "accept_terms")

    def clean_time_zone(self) -> str:
        """The browser's word where it names a real zone."""
        zone: str = self.cleaned_data["time_zone"]
        return zone if (zone, zone) in time_zones() else "UTC"

    def signup(self, request: HttpRequest, user: User) -> None:
        """Called by allauth once the account is made."""
        user.name = self.cleaned_data["name"]
        user.time_zone = self.cleaned_data["time_zone"]
        user.terms_accepted_at = timezone.now()
        user.save(update_fields=["name", "time_zone", "terms_accepted_at"])


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in its stubs alone
    time_zone = forms.ChoiceField(choices=time_zones, help_text="All dates and times on this site are shown in it.")

    class Meta:
        model = User
        fields = ("name", "time_zone")
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}


class DisplayForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in its stubs alone
    """How pages look and whether keys act; asked for in the settings and, over the page, in the exam room."""

    class Meta:
        model = User
        fields = ("theme", "text_size", "high_contrast", "reduced_motion", "single_keys")


class PersonForm(UserChangeForm):  # type: ignore[type-arg]
    """A person as an instructor edits them."""

    time_zone = forms.ChoiceField(choices=time_zones)
