"""Recognises picture files by their suffix, and decodes them within limits.

OpenCV decodes what it can. Pillow reads the size from the header first, and decodes what OpenCV cannot: AVIF, GIF in
older builds, and HEIC where `pillow-heif` is installed.
"""

import io
import warnings
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from PIL import ExifTags, ImageOps, UnidentifiedImageError
from PIL import Image as PillowImage

from detectors.arrays import Image

PHOTO_SUFFIXES = frozenset(".jpg .jpeg .png .webp".split())
"""What data sets of photos hold. A data set read by a wider list could gain files that earlier runs did not count."""
HEIF_SUFFIXES = frozenset(".heic .heif .hif".split())
PICTURE_SUFFIXES = (
    PHOTO_SUFFIXES | frozenset(".jpe .jfif .bmp .tif .tiff .ppm .pgm .jp2 .gif .avif".split()) | HEIF_SUFFIXES
)

MAX_PICTURE_PIXELS = 120_000_000
"""Pixels of the largest picture or video frame that is decoded: 360 MB as BGR."""
MAX_PICTURE_SIDE = 32_767
"""OpenCV's warps count pixels with 16 bits."""
MAX_PICTURE_BYTES = 512 * 1024 * 1024
"""Largest picture file that is read."""

HAS_HEIF = find_spec("pillow_heif") is not None
if HAS_HEIF:
    import_module("pillow_heif").register_heif_opener()


class PictureError(ValueError):
    """A file is not a picture that can be read; the message says why."""


def read_picture(path: Path) -> Image:
    """BGR uint8 (H,W,3) of a file, as `decode_picture` gives it. Raises PictureError or OSError."""
    check_file_size(path)
    return decode_or_raise(path.read_bytes())


def check_file_size(path: Path) -> None:
    """Raise PictureError for a file of more than MAX_PICTURE_BYTES."""
    if (size := path.stat().st_size) > MAX_PICTURE_BYTES:
        raise PictureError(f"too large: {size / 1e6:.0f} MB, at most {MAX_PICTURE_BYTES / 1e6:.0f} MB are read")


def decode_picture(data: bytes) -> Image | None:
    """BGR uint8 (H,W,3) of an encoded picture, rotated by its EXIF orientation; None if the bytes are not a picture."""
    try:
        return decode_or_raise(data)
    except PictureError:
        return None


def decode_or_raise(data: bytes) -> Image:
    """As `decode_picture`, but raises PictureError: no picture, too many pixels, or damaged."""
    check_frame_size(*read_size(data))
    decoded = _decode_opencv(data)
    if decoded is None:
        decoded = _decode_pillow(data)
    return np.asarray(decoded, np.uint8)


def check_frame_size(width: int, height: int) -> None:
    """Raise PictureError for more pixels than are decoded."""
    if width * height > MAX_PICTURE_PIXELS:
        raise PictureError(
            f"too many pixels: {width}x{height}, at most {MAX_PICTURE_PIXELS // 1_000_000} megapixels are read"
        )
    if max(width, height) > MAX_PICTURE_SIDE:
        raise PictureError(f"too long: {width}x{height}, at most {MAX_PICTURE_SIDE} pixels a side are read")


def read_size(data: bytes) -> tuple[int, int]:
    """Width and height of an encoded picture by its header. Raises PictureError."""
    try:
        with _open(data) as picture:
            return picture.size
    except PillowImage.DecompressionBombError as error:
        limit = MAX_PICTURE_PIXELS // 1_000_000
        raise PictureError(f"too many pixels, at most {limit} megapixels are read") from error
    except UnidentifiedImageError:
        if is_heif(data) and not HAS_HEIF:
            raise PictureError("HEIC needs another package: pip install pillow-heif") from None
        raise PictureError("not a picture") from None
    except Exception as error:  # Pillow's readers raise whatever a damaged header makes them stumble over
        raise PictureError("not a picture") from error


def names_camera(path: Path) -> bool:
    """Whether a picture file says which camera took it (EXIF tag Make); False where it cannot be read."""
    try:
        with _open(path.read_bytes()) as picture:
            return bool(picture.getexif().get(ExifTags.Base.Make))
    except Exception:  # as of read_size
        return False


def _open(data: bytes) -> PillowImage.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of large pictures, and of odd metadata
        return PillowImage.open(io.BytesIO(data))


def is_heif(data: bytes) -> bool:
    """Whether these are the first bytes of a HEIC or HEIF file (ISO/IEC 23008-12)."""
    return data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")


def _decode_opencv(data: bytes) -> Image | None:
    if data[4:8] == b"ftyp":  # HEIC and AVIF: OpenCV ignores their rotation, and some builds return one tile
        return None
    try:
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    return None if decoded is None else np.asarray(decoded, np.uint8)


def _decode_pillow(data: bytes) -> Image:
    try:
        with _open(data) as picture:
            if picture.mode == "F":  # nobody knows whether white is 1 or 65535; Pillow takes 255
                raise PictureError("its pixels are floating-point numbers")
            upright = ImageOps.exif_transpose(picture).convert("RGB")
        return np.ascontiguousarray(np.asarray(upright, np.uint8)[..., ::-1])
    except PictureError:
        raise
    except Exception as error:  # as above
        raise PictureError("damaged or not a picture") from error
