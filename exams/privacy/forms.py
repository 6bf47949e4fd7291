from typing import Any

from django import forms

from accounts.models import User


class DeletionForm(forms.Form):
    """The person's own address, typed, so that nobody deletes an account by a slip."""

    email = forms.CharField(
        label="To delete all of this, type your e-mail address",
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_email(self) -> str:
        typed: str = self.cleaned_data["email"]
        if typed.strip().lower() != self.user.email.lower():
            raise forms.ValidationError(f"That is not the address of this account, {self.user.email}. Nothing changed.")
        return typed
