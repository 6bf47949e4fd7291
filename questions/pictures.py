"""Picture exhibits: decoded, checked and written anew, so that pixels are all that is kept of an upload."""

import hashlib
import struct
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from questions.models import ExhibitImage, MediaType
from questions.plain_pictures import is_plain
from questions.svg import is_markup

MOST_BYTES = 5 * 1024 * 1024
MOST_PIXELS = 20_000_000
LONGEST_SIDE = 2000
QUALITY = 85
# Several cameras put two pictures into one JPEG, which Pillow calls MPO; the first is the picture.
MEDIA_TYPES = {
    "PNG": MediaType.PNG,
    "JPEG": MediaType.JPEG,
    "MPO": MediaType.JPEG,
    "WEBP": MediaType.WEBP,
}
# What Pillow raises about a file that is not what it says it is.
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError, struct.error)
_BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)


class BadPicture(Exception):
    """The picture is not taken; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is stored."""

    content: bytes
    media_type: MediaType
    width: int
    height: int

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def read(data: bytes) -> Picture:
    """The picture in a PNG, JPEG or WebP file, whatever its name, without anything but its pixels.

    1. Refuse what is too large before it is decoded.
    2. Keep a file that holds pixels and nothing else as it is: `read(read(x).content) == read(x)`, on every site.
    3. Turn it upright, lay it on white, scale it down, write it anew.

    Raises BadPicture.
    """
    if len(data) > MOST_BYTES:
        raise BadPicture(f"The picture has {len(data):,} bytes; at most {MOST_BYTES:,} (5 MB) are taken.")
    image = _opened(data)
    kind = image.format or ""
    if max(image.size) <= LONGEST_SIDE and image.mode in ("L", "RGB") and is_plain(data, kind):
        return Picture(data, MEDIA_TYPES[kind], image.width, image.height)
    try:
        fresh = _on_white(ImageOps.exif_transpose(image))
    except _BROKEN as error:
        raise BadPicture(f"The picture is damaged: {error}.") from error
    fresh.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    content = _written(fresh, MEDIA_TYPES[kind], is_lossless=b"VP8L" in data[:64])
    if len(content) > MOST_BYTES:
        raise BadPicture("The picture is over 5 MB even when written anew; save it smaller, or as JPEG.")
    return Picture(content, MEDIA_TYPES[kind], fresh.width, fresh.height)


def store(picture: Picture, *, now: datetime) -> ExhibitImage:
    """Keep the picture under its digest; one that is there already is left alone."""
    stored, _ = ExhibitImage.objects.get_or_create(
        digest=picture.digest,
        defaults={
            "content": picture.content,
            "media_type": picture.media_type,
            "width": picture.width,
            "height": picture.height,
            "created_at": now,
        },
    )
    return stored


def _opened(data: bytes) -> Image.Image:
    """Decoded to its last pixel. The size is known before the first one is."""
    too_many = f"The picture has more than {MOST_PIXELS:,} pixels; scale it down."
    try:
        image = Image.open(BytesIO(data), formats=("PNG", "JPEG", "WEBP"))
        if image.width * image.height > MOST_PIXELS:
            raise BadPicture(too_many)
        if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
            raise BadPicture("The picture moves; save one frame of it.")
        image.load()
    except UnidentifiedImageError as error:
        raise BadPicture(_what_else(data)) from error
    except _BOMB as error:
        raise BadPicture(too_many) from error
    except _BROKEN as error:
        raise BadPicture(f"The picture is damaged or cut short: {error}.") from error
    return image


def _what_else(data: bytes) -> str:
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "A GIF is not taken; save it as PNG."
    if is_markup(data):
        return "This is a drawing or a page in text, not a picture; a drawing's kind is svg."
    return "This is not a picture in PNG, JPEG or WebP."


def _on_white(image: Image.Image) -> Image.Image:
    """Grey or colour without transparency, which would vanish by night; a new image that knows no metadata."""
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.new("RGB", layer.size, "white")
        image.paste(layer, mask=layer.getchannel("A"))
    elif image.mode.startswith("I"):
        # Sixteen bits of grey, as modalities write them; a plain conversion would cut off all above eight.
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    else:
        image = image.convert("L" if image.mode in ("1", "L") else "RGB")
    image.info = {}
    return image


def _written(image: Image.Image, media_type: MediaType, *, is_lossless: bool) -> bytes:
    target = BytesIO()
    match media_type:
        case MediaType.JPEG:
            image.save(target, "JPEG", quality=QUALITY, optimize=True)
        case MediaType.WEBP:
            image.save(target, "WEBP", quality=QUALITY, lossless=is_lossless)
        case MediaType.PNG:
            image.save(target, "PNG")
    return target.getvalue()
