"""Secret addresses: a token is told once to whoever made it, the site keeps its digest alone."""

import hashlib
import secrets

TOKEN_BYTES = 32


def new() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest_of(token: str) -> str:
    """What a token is found by. Without a salt: 32 random bytes cannot be guessed from it."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
