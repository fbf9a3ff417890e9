"""Pictures as callers have them, to the one form in which Glimpse works: BGR, uint8, upright."""

import os
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from PIL import Image as PillowImage
from PIL import ImageOps

from detectors import pictures
from detectors.arrays import AnyArray, Image
from glimpse.errors import PictureError, PictureMissingError, translate

__all__ = ["Picture", "read_picture"]

Picture: TypeAlias = str | os.PathLike[str] | bytes | AnyArray | PillowImage.Image
"""A path, the bytes of a picture file, a PIL image, or a numpy array.

Arrays are uint8: (H,W,3) in the order blue, green, red, as OpenCV gives them; (H,W,4) the same with opacity, which is
ignored; (H,W) or (H,W,1) grey. For an array in the order red, green, blue give `array[..., ::-1]` or
`PIL.Image.fromarray(array)`. Arrays are taken as upright; files and PIL images are turned by their EXIF orientation.
"""

DEEP_MODES = ("I", "F")  # begin the names of Pillow's modes with more than 8 bits, which it would clip to 255


def read_picture(picture: Picture) -> Image:
    """Any picture as BGR uint8 (H,W,3), contiguous and upright, coordinates from the corner of its first pixel.

    Raises PictureError, a ValueError, that says what is wrong with the picture; PictureMissingError, also a
    FileNotFoundError, for a file that is not there.
    """
    if isinstance(picture, np.ndarray):
        return _from_array(picture)
    if isinstance(picture, PillowImage.Image):
        return _from_pillow(picture)
    if isinstance(picture, bytes):
        with translate(PictureError):
            return pictures.decode_or_raise(picture)
    if isinstance(picture, str | os.PathLike):
        return _from_file(Path(picture).expanduser())
    raise PictureError(f"picture: expected a path, bytes, a PIL image or a numpy array, got {type(picture).__name__}")


def _from_file(path: Path) -> Image:
    if path.is_dir():
        raise PictureError(f"picture {path}: expected a file, got a folder")
    if not path.exists():
        raise PictureMissingError(f"picture {path}: no such file")
    try:
        return pictures.read_picture(path)
    except (ValueError, OSError) as error:
        raise PictureError(f"picture {path}: {error}") from error


def _from_pillow(picture: PillowImage.Image) -> Image:
    _check_size(*picture.size)
    if picture.mode.startswith(DEEP_MODES):
        raise PictureError(f"picture: expected 8 bits a channel, got a PIL image of mode {picture.mode}")
    try:
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    except Exception as error:  # Pillow decodes here, and raises whatever a damaged file makes it stumble over
        raise PictureError(f"picture: the PIL image cannot be decoded ({error})") from error
    return np.ascontiguousarray(np.asarray(upright, np.uint8)[..., ::-1])


def _from_array(array: AnyArray) -> Image:
    if array.dtype != np.uint8:
        advice = "; (array * 255).astype('uint8') where 1 is white" if array.dtype.kind == "f" else ""
        raise PictureError(f"picture: expected an array of uint8, got {array.dtype}{advice}")
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise PictureError(f"picture: expected an array (H,W,3) in BGR, (H,W,4) or (H,W), got {array.shape}")
    _check_size(array.shape[1], array.shape[0])
    image: Image = np.ascontiguousarray(array, np.uint8)
    channels = image.shape[2] if image.ndim == 3 else 1
    if channels == 1:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), np.uint8)
    return np.ascontiguousarray(image[..., :3])


def _check_size(width: int, height: int) -> None:
    if not (width and height):
        raise PictureError(f"picture: expected at least one pixel, got {width}x{height}")
    with translate(PictureError):
        pictures.check_frame_size(width, height)
