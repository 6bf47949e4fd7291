"""Whether a picture's file holds its pixels and nothing else: no metadata, no second file behind the first.

What questions.pictures writes is plain in this sense, so that a picture that was written once is never written again.
"""

import re
import struct
import zlib
from collections.abc import Iterator

# JPEG: what a baseline file of Pillow has between its first and its last marker.
_APP0, _SCAN = 0xE0, 0xDA
_TABLES_AND_FRAME = {0xC0, 0xC4, 0xDB}
_BARE_APP0_SIZE = 16
# PNG: eight bits, grey or colour, neither alpha nor interlacing.
_CHANNELS = {b"\x08\x00\x00\x00\x00": 1, b"\x08\x02\x00\x00\x00": 3}


def is_plain(data: bytes, kind: str) -> bool:
    """`kind` is Pillow's name of the format. The file is known to decode."""
    match kind:
        case "JPEG":
            return _is_plain_jpeg(data)
        case "PNG":
            return _is_plain_png(data)
        case "WEBP":
            return _is_plain_webp(data)
    return False


def _is_plain_jpeg(data: bytes) -> bool:
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker, size = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        place += 2 + size
        if marker == _SCAN:
            # Inside a scan 0xFF is data or a restart mark; anything else would be a further segment.
            return data.endswith(b"\xff\xd9") and not re.search(rb"\xff[^\x00\xd0-\xd7]", data[place:-2], re.DOTALL)
        if marker not in _TABLES_AND_FRAME and (marker, size) != (_APP0, _BARE_APP0_SIZE):
            return False
    return False


def _is_plain_png(data: bytes) -> bool:
    chunks = list(_png_chunks(data))
    names = [name for name, _ in chunks]
    if names[:1] != [b"IHDR"] or names[-1:] != [b"IEND"] or set(names[1:-1]) != {b"IDAT"}:
        return False
    header = chunks[0][1]
    width, height = struct.unpack(">II", header[:8])
    channels = _CHANNELS.get(header[8:])
    if channels is None or 8 + sum(12 + len(body) for _, body in chunks) != len(data):
        return False
    size = height * (1 + width * channels)
    reader = zlib.decompressobj()
    pixels = reader.decompress(b"".join(body for _, body in chunks[1:-1]), size + 1)
    return len(pixels) == size and reader.eof and not reader.unused_data


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 8
    while place + 12 <= len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        yield data[place + 4 : place + 8], data[place + 8 : place + 8 + size]
        place += 12 + size


def _is_plain_webp(data: bytes) -> bool:
    """One chunk of pixels up to the file's end; metadata would need an extended header."""
    size = int.from_bytes(data[16:20], "little")
    return data[12:16] in (b"VP8 ", b"VP8L") and len(data) == 20 + size + size % 2
