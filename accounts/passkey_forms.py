from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]  # allauth is untyped
    """allauth's, with the kind that most people want chosen and explained."""

    name = forms.CharField(required=False, max_length=100, help_text="To tell your passkeys apart.")
    passwordless = forms.BooleanField(
        label="Sign in with it alone, without the password",
        required=False,
        initial=True,
        help_text="The device then asks for your fingerprint, your face or its PIN each time. Switch this off for an "
        "older security key, which is asked for after the password.",
    )
