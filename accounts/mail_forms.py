from django import forms

from accounts import mailing
from accounts.models import MailKind, User


class MailForm(forms.Form):
    """Which mails a person wants."""

    kinds = forms.MultipleChoiceField(
        label="Write to me when",
        choices=[(kind.value, kind.label) for kind in mailing.OPTIONAL],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    @classmethod
    def of(cls, user: User) -> "MailForm":
        """As the person has chosen."""
        return cls(initial={"kinds": sorted(mailing.wanted_by(user))})

    def chosen(self) -> list[MailKind]:
        return [MailKind(kind) for kind in self.cleaned_data["kinds"]]
