"""Pictures: pixels are all that is kept, and what is no honest picture is refused with words."""

import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from questions import pictures
from questions.pictures import BadPicture, Picture
from questions.plain_pictures import is_plain

FORMATS = ["PNG", "JPEG", "WEBP"]
KINDS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    target = BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def picture(kind: str = "PNG", *, size: tuple[int, int] = (40, 30), mode: str = "RGB", **options: Any) -> bytes:
    return encoded(Image.linear_gradient("L").resize(size).convert(mode), kind, **options)


def with_gps(kind: str) -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "SECRET-CAMERA"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[29] = "SECRET-DATE"
    return picture(kind, exif=exif)


@pytest.mark.parametrize("kind", FORMATS)
def test_metadata_is_gone(kind: str) -> None:
    data = with_gps(kind)
    assert b"SECRET-CAMERA" in data

    found = pictures.read(data)

    assert b"SECRET" not in found.content
    assert not Image.open(BytesIO(found.content)).getexif()
    assert is_plain(found.content, kind)


@pytest.mark.parametrize("kind", FORMATS)
def test_other_metadata_is_gone(kind: str) -> None:
    extra: dict[str, Any] = {
        "PNG": {"icc_profile": b"SECRET"},
        "JPEG": {"comment": b"SECRET"},
        "WEBP": {"xmp": b"<x>SECRET</x>"},
    }[kind]
    data = picture(kind, **extra)

    assert not is_plain(data, kind)
    assert b"SECRET" not in pictures.read(data).content


def test_orientation_is_applied_before_it_is_forgotten() -> None:
    image = Image.new("RGB", (40, 20), "white")
    image.paste("black", (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter, clockwise

    found = pictures.read(encoded(image, "JPEG", exif=exif))

    upright = Image.open(BytesIO(found.content)).convert("L")
    assert (found.width, found.height) == (20, 40)
    assert max(upright.crop((0, 0, 20, 10)).tobytes()) < 60
    assert min(upright.crop((0, 30, 20, 40)).tobytes()) > 200


@given(
    kind=st.sampled_from(FORMATS),
    mode=st.sampled_from(["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"]),
    size=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    pixels=st.binary(min_size=1, max_size=60),
    quality=st.integers(10, 95),
)
@settings(deadline=None)
def test_what_was_written_once_is_never_written_again(
    kind: str, mode: str, size: tuple[int, int], pixels: bytes, quality: int
) -> None:
    whole = (pixels * (size[0] * size[1] // len(pixels) + 1))[: size[0] * size[1]]
    image = Image.frombytes("L", size, whole)
    try:
        data = encoded(image.convert(mode), kind, quality=quality)
    except (OSError, ValueError):
        return  # the format has no such mode

    once = pictures.read(data)

    assert (once.width, once.height) == size
    assert KINDS[once.media_type] == kind
    assert pictures.read(once.content) == once


def test_transparency_lies_on_white_so_that_it_can_be_read_by_night() -> None:
    found = pictures.read(encoded(Image.new("RGBA", (2, 2), (0, 0, 0, 0)), "PNG"))

    assert Image.open(BytesIO(found.content)).getpixel((0, 0)) == (255, 255, 255)


def test_sixteen_bits_of_grey_keep_their_steps() -> None:
    image = Image.new("I;16", (2, 1))
    image.putpixel((0, 0), 10_000)
    image.putpixel((1, 0), 40_000)

    found = Image.open(BytesIO(pictures.read(encoded(image, "PNG")).content))

    assert [found.getpixel((x, 0)) for x in (0, 1)] == [39, 156]


def test_large_picture_is_scaled_down() -> None:
    found = pictures.read(picture("JPEG", size=(5000, 2500), mode="L"))

    assert (found.width, found.height) == (2000, 1000)


def test_type_is_known_by_content() -> None:
    assert pictures.read(picture("WEBP")).media_type == "image/webp"


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that says it is huge."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


GIF = encoded(Image.new("L", (4, 4)), "GIF")
MOVING = encoded(
    Image.new("RGB", (9, 9), "red"), "WEBP", save_all=True, append_images=[Image.new("RGB", (9, 9), "blue")]
)
HOSTILE = {
    "gif": (GIF, "GIF is not taken; save it as PNG"),
    "drawing by another name": (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "kind is svg"),
    "page by another name": (b"\n <html><script>1</script></html>", "not a picture; a drawing's kind is svg"),
    "words": (b"PNG, honestly", "not a picture in PNG, JPEG or WebP"),
    "nothing": (b"", "not a picture in PNG, JPEG or WebP"),
    "moving": (MOVING, "The picture moves"),
    "cut short": (picture("JPEG", size=(300, 300))[:900], "damaged or cut short"),
    "png cut short": (picture("PNG", size=(300, 300))[:200], "damaged or cut short"),
    "more pixels than fit": (bomb(5000, 4001), "more than 20,000,000 pixels"),
    "bomb": (bomb(60_000, 60_000), "more than 20,000,000 pixels"),
    "bomb that Pillow warns of": (bomb(10_000, 10_000), "more than 20,000,000 pixels"),
    "over 5 MB": (b"\x89PNG" + b"\0" * pictures.MOST_BYTES, "at most 5,242,880 (5 MB)"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_file_is_refused_with_words(case: str) -> None:
    data, words = HOSTILE[case]

    with pytest.raises(BadPicture) as caught:
        pictures.read(data)

    assert words in str(caught.value)


@pytest.mark.parametrize("kind", FORMATS)
def test_second_file_behind_the_picture_is_gone(kind: str) -> None:
    for tail in (b"<script>alert(1)</script>", b"PK\x03\x04 a zip \xff\xd9"):
        data = picture(kind) + tail

        found = pictures.read(data)

        assert not is_plain(data, kind)
        assert tail not in found.content
        assert is_plain(found.content, kind)


def test_second_file_inside_the_picture_is_gone() -> None:
    jpeg = picture("JPEG")
    payload = b"<script>alert(1)</script>"
    in_a_comment = jpeg[:2] + b"\xff\xfe" + struct.pack(">H", len(payload) + 2) + payload + jpeg[2:]
    behind_the_pixels = jpeg[:-2] + b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload + jpeg[-2:]

    for data in (in_a_comment, behind_the_pixels):
        assert payload not in pictures.read(data).content


def test_pixels_of_a_png_hide_nothing_behind_them() -> None:
    rows = zlib.compress(b"\0" + b"\x07" * 3) + b"<script>alert(1)</script>"

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")

    assert b"script" not in pictures.read(data).content


@given(
    kind=st.sampled_from(FORMATS),
    changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=8),
    end=st.integers(0, 10_000),
)
@settings(deadline=None, max_examples=300)
# Pillow tells of damaged metadata, which are thrown away.
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_damaged_file_is_a_picture_or_refused_and_nothing_else(
    kind: str, changes: list[tuple[int, int]], end: int
) -> None:
    data = bytearray(with_gps(kind))
    for place, value in changes:
        data[place % len(data)] = value

    try:
        found = pictures.read(bytes(data[: end + 1]))
    except BadPicture:
        return
    assert isinstance(found, Picture)
    assert pictures.read(found.content) == found
