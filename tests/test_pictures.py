"""Pictures: byte by byte where they fit, upright and bare where they do not, refused where they must be."""

import io
import struct
import zlib

import pytest
from PIL import Image, ImageCms

from adapters.contracts.errors import Rejected
from adapters.media import in_memory
from adapters.pictures import SMALLER, STILL, PictureLimits, fit

BOTH = frozenset({"image/jpeg", "image/png"})
LIMITS = PictureLimits(BOTH, size=200_000, sides=2000, ratio=20)


def encoded(image, name="PNG", **how):
    """Return a picture's bytes."""
    out = io.BytesIO()
    image.save(out, name, **how)
    return out.getvalue()


def made(data, limits=LIMITS):
    """Fit bytes; returns the result and its picture."""
    fitted = fit("a.png", in_memory(data), limits)
    with fitted.file.open() as stream:
        data = stream.read()
    assert len(data) == fitted.file.size
    return fitted, data, Image.open(io.BytesIO(data))


def noise(width, height):
    """Return a picture that no encoding makes small."""
    return Image.effect_noise((width, height), 90).convert("RGB")


@pytest.mark.parametrize("name", ["PNG", "JPEG"])
def test_what_fits_is_left_alone(name):
    """Byte by byte."""
    data = encoded(Image.new("RGB", (300, 200), "red"), name)
    fitted, after, _ = made(data)
    assert (after, fitted.losses) == (data, ())


@pytest.mark.parametrize(("width", "height"), [(1500, 501), (501, 1500), (4000, 4000)])
def test_what_is_too_large_is_made_smaller(width, height):
    """In the same shape, and it is said."""
    fitted, _, image = made(encoded(Image.new("RGB", (width, height), "red")))
    assert sum(image.size) <= 2000
    assert image.size[0] / image.size[1] == pytest.approx(width / height, rel=0.01)
    assert fitted.losses == (SMALLER,)


def test_exactly_at_the_limit_fits():
    """Not a pixel is taken."""
    data = encoded(Image.new("RGB", (1500, 500), "red"))
    assert made(data)[1] == data


def test_too_many_bytes_are_encoded_anew():
    """First at a lower quality, then smaller."""
    fitted, data, image = made(encoded(noise(900, 900)), PictureLimits(BOTH, size=150_000))
    assert (len(data) <= 150_000, fitted.mime, image.format) == (True, "image/jpeg", "JPEG")


@pytest.mark.parametrize("name", ["WEBP", "BMP", "TIFF"])
def test_other_formats_become_one_that_is_taken(name):
    """A sticker, a scan."""
    fitted, _, image = made(encoded(Image.new("RGB", (30, 20), "red"), name))
    assert (fitted.mime, image.size, fitted.losses) == ("image/jpeg", (30, 20), ())


def test_a_turned_picture_is_turned_and_its_metadata_gone():
    """Where it was taken, and with what, is nobody's business."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "camera"
    exif.get_ifd(0x8825)[2] = (59.0, 56.0, 0.0)
    _, data, image = made(encoded(Image.new("RGB", (300, 200), "red"), "JPEG", exif=exif))
    assert image.size == (200, 300)
    assert not image.getexif()
    assert b"camera" not in data


def test_a_colour_profile_stays():
    """Where the colours stay in its space."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    _, _, image = made(encoded(Image.new("RGB", (3000, 200), "red"), icc_profile=profile))
    assert image.info["icc_profile"] == profile


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "CMYK", "L", "1", "I;16"])
def test_every_mode_is_encoded(mode):
    """Grey, with alpha, with a palette, for print."""
    name = "TIFF" if mode == "CMYK" else "PNG"
    _, _, image = made(encoded(Image.new(mode, (3000, 10)), name), PictureLimits(BOTH, sides=2000))
    assert image.mode in {"RGB", "RGBA"}


def test_transparency_stays_or_lies_on_white():
    """Never on black."""
    data = encoded(Image.new("RGBA", (3000, 200), (255, 0, 0, 0)))
    assert made(data)[2].getpixel((0, 0))[3] == 0
    limits = PictureLimits(frozenset({"image/jpeg"}), sides=2000)
    assert made(data, limits)[2].getpixel((0, 0)) == (255, 255, 255)


def test_an_animation_that_is_encoded_anew_is_still():
    """And it is said; one that fits stays what it is."""
    frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "green", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)
    assert STILL in made(data)[0].losses
    assert made(data, PictureLimits(BOTH | {"image/gif"}))[1] == data


def test_too_narrow_is_refused():
    """No place to put it."""
    with pytest.raises(Rejected, match="too narrow"):
        made(encoded(Image.new("RGB", (1000, 10))))


def bomb(width, height):
    """Return a PNG whose header promises more pixels than anyone has."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"")),
        (b"IEND", b""),
    ]
    laid = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(laid)


@pytest.mark.parametrize("side", [11_000, 30_000])
def test_a_bomb_is_not_decoded(side):
    """Its header is enough."""
    with pytest.raises(Rejected, match="decoded"):
        made(bomb(side, side), PictureLimits(BOTH, sides=2000))


@pytest.mark.parametrize("data", [b"<html>not a picture</html>", b"", b"%PDF-1.4", b"\0" * 100])
def test_what_is_no_picture_is_refused(data):
    """By its content; its name says picture."""
    with pytest.raises(Rejected, match="no picture"):
        made(data)


def test_a_broken_picture_of_a_taken_type_is_its_places_to_judge():
    """And one that would have to be encoded anew is refused."""
    data = b"\x89PNG\r\n\x1a\n" + b"\0" * 60
    assert fit("a", in_memory(data), LIMITS).file.size == len(data)
    with pytest.raises(Rejected, match="cannot be decoded"):
        fit("a", in_memory(data), PictureLimits(BOTH, size=10))


def test_a_picture_that_ends_early_is_refused():
    """Half a picture is not sent as a whole one."""
    data = encoded(noise(1500, 1500))
    with pytest.raises(Rejected, match="cannot be decoded"):
        made(data[: len(data) // 2])


def test_a_size_nothing_fits_is_refused():
    """And does not go on for ever."""
    with pytest.raises(Rejected, match="small enough"):
        made(encoded(noise(50, 50)), PictureLimits(BOTH, size=10))
