"""What is asked to make a progress link, and to open one."""

from typing import Any, ClassVar

from django import forms

from accounts.models import ProgressLink, User
from accounts.progress_links import DEFAULT_DAYS

LEAST_PASSPHRASE, MOST_PASSPHRASE = 8, 128
PARTS = ("shows_readiness", "shows_domains", "shows_trend", "shows_streak", "shows_plan")


class ProgressLinkForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in its stubs alone
    """Two clicks make a link: what is ticked to begin with is little, and the rest may stay as it is."""

    DAYS: ClassVar = [(7, "A week"), (30, "30 days"), (90, "90 days"), (365, "A year")]

    days = forms.TypedChoiceField(choices=DAYS, coerce=int, initial=DEFAULT_DAYS, label="Until when")
    passphrase = forms.CharField(
        required=False,
        min_length=LEAST_PASSPHRASE,
        max_length=MOST_PASSPHRASE,
        label="Passphrase (optional)",
        help_text=f"At least {LEAST_PASSPHRASE} characters. Whoever opens the link is asked for it, so tell it to them"
        " by another way than the link.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    class Meta:
        model = ProgressLink
        fields = (*PARTS, "shows_name")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for part in ("shows_readiness", "shows_streak"):
            self.fields[part].initial = True
        if not user.name:
            self.fields["shows_name"].help_text = "You have given no name in the settings, so there is none to show."

    @property
    def parts(self) -> list[forms.BoundField]:
        return [self[name] for name in (*PARTS, "shows_name")]

    @property
    def shows(self) -> dict[str, bool]:
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class PassphraseForm(forms.Form):
    passphrase = forms.CharField(
        max_length=MOST_PASSPHRASE,
        strip=True,
        label="Passphrase",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Type the passphrase."},
    )
