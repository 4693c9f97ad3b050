"""Uploaded pictures: which are accepted, and into what they are converted."""

import struct
import zlib
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from movies.pictures import PictureRefused, make_picture
from movies.tests.pictures import RED, image, opened


def test_it_makes_two_widths_and_tells_the_dominant_color():
    picture = make_picture(image())
    assert {width: opened(file).size for width, file in picture.files.items()} == {342: (342, 513), 780: (780, 1170)}
    assert {opened(file).format for file in picture.files.values()} == {"WEBP"}
    assert picture.color == bytes(RED).hex()


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("JPEG", "RGB"), ("JPEG", "L"), ("JPEG", "CMYK"), ("MPO", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "1"),
     ("WEBP", "RGB"), ("WEBP", "RGBA")],
)  # fmt: skip
def test_it_takes_each_kind_of_file(kind, mode):
    files = make_picture(image(kind=kind, mode=mode)).files
    assert {opened(file).mode for file in files.values()} == {"RGB"}


@pytest.mark.parametrize("options", [{}, {"transparency": 9}])
def test_it_keeps_the_shades_of_16_bits(options):
    """It has 65,536 shades of grey; other pictures have 256."""
    pixels = b"\0\xe0" * 400 * 150 + b"\0\x40" * 400 * 450
    file = BytesIO()
    Image.frombytes("I;16", (400, 600), pixels).save(file, "PNG", **options)
    picture = opened(make_picture(file.getvalue()).files[780])
    assert [round(picture.getpixel((200, y))[0] / 16) for y in (50, 500)] == [0xE, 0x4]


def test_it_never_makes_a_picture_larger():
    files = make_picture(image((400, 600))).files
    assert {width: opened(file).size for width, file in files.items()} == {342: (342, 513), 780: (400, 600)}


def test_it_turns_a_photo_upright_and_leaves_out_what_the_camera_noted():
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # the camera was turned by a quarter
    exif[ExifTags.Base.Make] = "a camera"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (48.0, 51.0, 24.0)
    picture = make_picture(image((1200, 800), kind="JPEG", exif=exif, comment=b"a secret", icc_profile=b"a profile"))
    for file in picture.files.values():
        made = opened(file)
        assert made.height > made.width
        assert {*made.info} <= {"loop", "background", "timestamp", "duration"}
        assert not made.getexif()
        assert b"secret" not in file
    red, _, blue = opened(picture.files[780]).getpixel((775, 600))
    assert blue > red  # the upper quarter is at the right now


def test_it_puts_what_is_transparent_on_white():
    file = BytesIO()
    Image.new("RGBA", (400, 600), (0, 0, 0, 0)).save(file, "PNG")
    assert make_picture(file.getvalue()).color == "ffffff"


def png_of(width, height):
    """A PNG that claims this size, and has a few bytes."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    chunks = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


NOT_ACCEPTED = {
    "empty": (b"", "is empty"),
    "text": (b"no picture", "is not accepted"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "is not accepted"),
    "html": (b"<html><script>alert(1)</script>", "is not accepted"),
    "gif": (image(kind="GIF"), "is not accepted"),
    "tiff": (image(kind="TIFF"), "is not accepted"),
    "bmp": (image(kind="BMP"), "is not accepted"),
    "ps": (image((350, 350), kind="EPS"), "is not accepted"),
    "signature alone": (b"\x89PNG\r\n\x1a\n", "is not accepted"),
    "half a PNG": (image()[:900], "is damaged or incomplete"),
    "half a JPEG": (image(kind="JPEG")[:900], "is damaged or incomplete"),
    "half a WebP": (image(kind="WEBP")[:300], "is not accepted"),
    "bomb": (png_of(50_000, 50_000), "too many pixels: at most 25 million"),
    "large bomb": (png_of(2**31 - 1, 2**31 - 1), "too many pixels"),
    "small bomb": (png_of(5001, 5000), "too many pixels"),
    "pixels missing": (png_of(1000, 1000), "is damaged or incomplete"),
    "too many bytes": (image() + bytes(5 * 1024 * 1024), "too large: it may have at most 5 MB"),
    "small": (image((341, 500)), "too small: 341 by 500 pixels"),
    "low": (image((500, 341)), "too small"),
    "band": (image((400, 1201)), "too narrow or too wide"),
}


@pytest.mark.parametrize("name", NOT_ACCEPTED)
def test_it_refuses(name):
    content, reason = NOT_ACCEPTED[name]
    with pytest.raises(PictureRefused, match=reason) as refused:
        make_picture(content)
    assert str(refused.value).endswith(".")


WHOLE = [image((342, 342), kind=kind) for kind in ("PNG", "JPEG", "WEBP")]


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, about notes that it skips
@settings(max_examples=60)
@given(
    file=st.sampled_from(WHOLE),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=20),
    kept=st.floats(0, 1),
)
def test_it_makes_a_poster_or_says_what_is_wrong_whatever_is_damaged(file, changes, kept):
    content = bytearray(file)
    for place, value in changes:
        content[int(place * len(content))] = value
    with suppress(PictureRefused):
        picture = make_picture(bytes(content[: int(kept * len(content)) + 1]))
        assert {*picture.files} == {342, 780}
