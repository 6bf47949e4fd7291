"""A page whose longest part is the same for many people: that part is compressed once.

Deflate blocks that end on a byte may stand one behind another (RFC 1951, 3.2.3; zlib's full flush), so that only what
comes before and behind the part is compressed for each person.
"""

import secrets
import zlib
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import re_accepts_gzip
from django.utils.cache import patch_vary_headers

# Where a page is to have the part.
PLACE = "<!-- packed -->"
# A gzip header (RFC 1952, 2.3) with a file name: its length is random, as in Django's own, so that the length of an
# answer tells less of what is in it (BREACH).
HEADER = b"\x1f\x8b\x08\x08\0\0\0\0\0\xff"
MOST_RANDOM_BYTES = 100
RAW = -zlib.MAX_WBITS


@dataclass(frozen=True)
class Packed:
    """UTF-8, plain and as deflate blocks of which none is the last."""

    plain: bytes
    blocks: bytes

    @classmethod
    def of(cls, text: str) -> "Packed":
        plain = text.encode()
        return cls(plain, _blocks(plain, zlib.Z_FULL_FLUSH))


def respond(request: HttpRequest, page: str, part: Packed) -> HttpResponse:
    """The page with the part at its place, compressed for whoever takes that."""
    before, after = (text.encode() for text in page.split(PLACE))
    if re_accepts_gzip.search(request.headers.get("Accept-Encoding", "")):
        response = HttpResponse(_gzip(before, part, after), headers={"Content-Encoding": "gzip"})
    else:
        response = HttpResponse(before + part.plain + after)
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def _gzip(before: bytes, part: Packed, after: bytes) -> bytes:
    name = b"x" * (1 + secrets.randbelow(MOST_RANDOM_BYTES)) + b"\0"
    blocks = _blocks(before, zlib.Z_FULL_FLUSH) + part.blocks + _blocks(after, zlib.Z_FINISH)
    checksum = zlib.crc32(after, zlib.crc32(part.plain, zlib.crc32(before)))
    size = len(before) + len(part.plain) + len(after)
    return HEADER + name + blocks + checksum.to_bytes(4, "little") + (size % 2**32).to_bytes(4, "little")


def _blocks(plain: bytes, end: int) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, RAW)
    return packer.compress(plain) + packer.flush(end)
