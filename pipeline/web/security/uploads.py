"""Checks an uploaded picture before anything decodes it."""

from detectors.pictures import PictureError, check_frame_size, is_heif, read_size

MAX_UPLOAD_PIXELS = 64_000_000
"""What telephones take; 192 MB as BGR."""


def check_upload(data: bytes) -> str:
    """The kind of a picture by its content: jpeg, png, webp or heic.

    Raises ValueError for anything else, such as SVG, which is a program, and for too many pixels by the header.
    """
    kind = _kind(data)
    if kind is None:
        raise ValueError("expected a JPEG, PNG, WebP or HEIC picture, got something else")
    try:
        width, height = read_size(data)
        check_frame_size(width, height)
    except PictureError as error:
        raise ValueError(f"the picture cannot be used: {error}") from None
    if width * height > MAX_UPLOAD_PIXELS:
        raise ValueError(f"expected a picture of at most {MAX_UPLOAD_PIXELS // 1_000_000} megapixels")
    return kind


def _kind(data: bytes) -> str | None:
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return "heic" if is_heif(data) else None
