"""Pictures that staff upload: what is accepted, and what is made of it. Nothing here stores anything."""

import struct
from collections import Counter
from dataclasses import dataclass
from io import BytesIO

from django.conf import settings
from PIL import Image, ImageOps

from movies import limits

WIDTHS = SMALL, LARGE = 342, 780  # pixels: of a card, and of a film's page, on screens with two dots a pixel
KINDS = ("JPEG", "PNG", "WEBP")
_BEYOND_SENSE = 3  # how many times as high as wide, or as wide as high, a picture may be
_QUALITY = 82
_COLORS, _SAMPLE = 8, 64  # of how many colours the dominant one is the most frequent; width of what they are counted in
# What Pillow raises for files that are damaged; each plugin has its own way.
_DAMAGED = (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, OverflowError, struct.error)


class PictureRefused(Exception):
    """The message says, in a sentence, what is wrong with the picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A poster: `files` has a WebP file for each of WIDTHS, `color` is the dominant colour as RGB, in hexadecimal."""

    files: dict[int, bytes]
    color: str


def make_picture(content: bytes) -> Picture:
    """Check what somebody has sent, by its content alone, and make the poster of it. Raises PictureRefused.

    The files are made of the pixels and of nothing else: what a camera noted, such as the place, is left out.
    """
    if len(content) > settings.POSTER_BYTES:
        raise PictureRefused(f"The picture is too large: it may have at most {settings.POSTER_BYTES // 1024**2} MB.")
    if not content:
        raise PictureRefused("The picture is empty. Choose a JPEG, PNG or WebP file.")
    try:
        pixels = _pixels(_opened(content))
        files = {width: _webp(_narrowed(pixels, width)) for width in WIDTHS}
    except _DAMAGED as error:
        raise PictureRefused("The picture is damaged or incomplete. Save it again, or choose another one.") from error
    return Picture(files=files, color=_dominant_color(pixels))


def _opened(content: bytes) -> Image.Image:
    """The picture as its header describes it; its pixels are not read yet."""
    try:
        picture = Image.open(BytesIO(content), formats=KINDS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except _DAMAGED as error:  # an unknown kind is an OSError, too
        raise PictureRefused("This is no picture of a kind that is accepted. Send a JPEG, PNG or WebP file.") from error
    width, height = picture.size
    if width * height > limits.POSTER_PIXELS:
        raise _too_many_pixels()
    if min(width, height) < SMALL:
        raise PictureRefused(
            f"The picture is too small: {width} by {height} pixels. It needs at least {SMALL} each way."
        )
    if max(width, height) > _BEYOND_SENSE * min(width, height):
        raise PictureRefused(f"The picture has no shape of a poster: {width} by {height} pixels. Cut out a part of it.")
    return picture


def _too_many_pixels() -> PictureRefused:
    most = limits.POSTER_PIXELS // 1_000_000
    return PictureRefused(f"The picture has too many pixels: at most {most} million. Make it smaller first.")


def _pixels(picture: Image.Image) -> Image.Image:
    """The first frame, upright, on white where it is transparent."""
    picture.draft("RGB", (2 * LARGE, 2 * LARGE))  # large JPEGs are read at a half, a quarter or an eighth
    ImageOps.exif_transpose(picture, in_place=True)
    upright: Image.Image = picture if picture.mode in ("RGB", "RGBA") else picture.convert("RGBA")
    upright.thumbnail((2 * LARGE, _BEYOND_SENSE * 2 * LARGE), Image.Resampling.BOX)  # first, as the rest costs by pixel
    upright = upright.convert("RGBA")
    ground = Image.new("RGB", upright.size, "white")  # a new image has no notes of the old one
    ground.paste(upright, mask=upright)
    return ground


def _narrowed(pixels: Image.Image, width: int) -> Image.Image:
    """At most that wide; smaller pictures are not blown up."""
    if pixels.width <= width:
        return pixels
    return pixels.resize((width, max(1, round(pixels.height * width / pixels.width))), Image.Resampling.LANCZOS)


def _webp(pixels: Image.Image) -> bytes:
    file = BytesIO()
    pixels.save(file, "WEBP", quality=_QUALITY)
    return file.getvalue()


def _dominant_color(pixels: Image.Image) -> str:
    sample = pixels.resize((_SAMPLE, _SAMPLE)).quantize(_COLORS).convert("RGB").tobytes()
    ((color, _),) = Counter(sample[start : start + 3] for start in range(0, len(sample), 3)).most_common(1)
    return color.hex()
