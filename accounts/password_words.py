"""Passwords that are this site's own words, which whoever guesses tries first. docs/security.md lists the words."""

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError

# Longest first, so that no word is left behind inside another.
WORDS = (
    "certification", "informatics", "instructor", "invigilator", "candidate", "password", "practice", "reviewer",
    "imaging", "author", "editor", "admin", "abii", "ciip", "exam", "mock",
)  # fmt: skip
LEAST_LETTERS = 4
TOO_PLAIN = "Apart from words of this site, this password has fewer than four letters. Add words of your own."


class SiteWordsValidator:
    """Digits and signs around such words do not count: "Ciip-Practice-2026" is as easily guessed as "ciip"."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        rest = password.casefold()
        for word in WORDS:
            rest = rest.replace(word, " ")
        has_site_words = rest != password.casefold()
        if has_site_words and sum(letter.isalpha() for letter in rest) < LEAST_LETTERS:
            raise ValidationError(TOO_PLAIN, code="password_of_site_words")

    def get_help_text(self) -> str:
        return "Your password needs more than words of this site, such as its name."
