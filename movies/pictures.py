"""Checks uploaded pictures and converts them to posters. Nothing is stored here."""

import struct
from collections import Counter
from dataclasses import dataclass
from io import BytesIO

from django.conf import settings
from PIL import Image, ImageOps

from movies import limits

WIDTHS = SMALL, LARGE = 342, 780  # pixels: of a card, and of a film's page, on screens with two dots a pixel
KINDS = ("JPEG", "PNG", "WEBP")
_MAX_ASPECT_RATIO = 3  # of the longer to the shorter side
_MEGAPIXELS = limits.POSTER_PIXELS // 1_000_000
_QUALITY = 82
_COLORS, _SAMPLE = 8, 64  # the dominant colour is the most frequent of 8, counted in a sample of 64 by 64 pixels
# What Pillow raises for damaged files: each of its plugins raises other errors.
_DAMAGED = (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, OverflowError, struct.error)


class PictureRefused(Exception):
    """The message says, in a sentence, what is wrong with the picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A poster: `files` has a WebP file for each of WIDTHS, `color` is the dominant colour as RGB, in hexadecimal."""

    files: dict[int, bytes]
    color: str


def make_picture(content: bytes) -> Picture:
    """Check an uploaded file, by its content alone, and convert it to a poster. Raises PictureRefused.

    The new files have the pixels only: metadata (EXIF), such as where a photo was taken, is left out.
    """
    if len(content) > settings.POSTER_BYTES:
        raise PictureRefused(too_large())
    if not content:
        raise PictureRefused("The picture is empty. Choose a JPEG, PNG or WebP file.")
    try:
        pixels = _pixels(_opened(content))
        files = {width: _webp(_narrowed(pixels, width)) for width in WIDTHS}
    except _DAMAGED as error:
        raise PictureRefused("The picture is damaged or incomplete. Save it again, or choose another one.") from error
    return Picture(files=files, color=_dominant_color(pixels))


def limits_in_words() -> str:
    return f"at most {_megabytes()} MB and {_MEGAPIXELS} million pixels, at least {SMALL} pixels wide"


def too_large() -> str:
    return f"The picture is too large: it may have at most {_megabytes()} MB."


def _megabytes() -> int:
    return int(settings.POSTER_BYTES) // 1024**2


def _opened(content: bytes) -> Image.Image:
    """The picture as its header describes it; its pixels are not read yet."""
    try:
        picture = Image.open(BytesIO(content), formats=KINDS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except _DAMAGED as error:  # an unknown kind is an OSError, too
        raise PictureRefused("This kind of file is not accepted. Send a JPEG, PNG or WebP file.") from error
    width, height = picture.size
    if width * height > limits.POSTER_PIXELS:
        raise _too_many_pixels()
    if min(width, height) < SMALL:
        raise PictureRefused(
            f"The picture is too small: {width} by {height} pixels. It needs at least {SMALL} each way."
        )
    if max(width, height) > _MAX_ASPECT_RATIO * min(width, height):
        raise PictureRefused(
            f"The picture is too narrow or too wide for a poster: {width} by {height} pixels. Crop it first."
        )
    return picture


def _too_many_pixels() -> PictureRefused:
    return PictureRefused(f"The picture has too many pixels: at most {_MEGAPIXELS} million. Make it smaller first.")


def _pixels(picture: Image.Image) -> Image.Image:
    """The first frame, upright, on white where it is transparent."""
    picture.draft("RGB", (2 * LARGE, 2 * LARGE))  # large JPEGs are decoded at 1/2, 1/4 or 1/8 of their size
    ImageOps.exif_transpose(picture, in_place=True)
    if picture.mode == "I;16":  # Pillow would take every shade beyond 255 for white
        picture = picture.point(lambda value: value / 256).convert("L")
    upright: Image.Image = picture if picture.mode in ("RGB", "RGBA") else picture.convert("RGBA")
    # First, because the other steps take time for each pixel.
    upright.thumbnail((2 * LARGE, _MAX_ASPECT_RATIO * 2 * LARGE), Image.Resampling.BOX)
    upright = upright.convert("RGBA")
    background = Image.new("RGB", upright.size, "white")  # a new image has no metadata
    background.paste(upright, mask=upright)
    return background


def _narrowed(pixels: Image.Image, width: int) -> Image.Image:
    """Scaled down to this width; smaller pictures stay as they are."""
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
