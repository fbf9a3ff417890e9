"""Pictures in every form that callers have them, and what is none."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

import glimpse

BLUE_OVER_RED = np.zeros((4, 6, 3), np.uint8)
BLUE_OVER_RED[:2, :, 0] = 250
BLUE_OVER_RED[2:, :, 2] = 250


def pillow(array: np.ndarray) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(array[..., ::-1]))


def png(array: np.ndarray) -> bytes:
    return cv2.imencode(".png", array)[1].tobytes()


def test_every_form_of_a_picture_gives_the_same_pixels(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(png(BLUE_OVER_RED))
    opaque = np.dstack([BLUE_OVER_RED, np.full((4, 6), 128, np.uint8)])
    turned_back = BLUE_OVER_RED[::-1].copy()[::-1]  # a view with negative strides
    forms = [BLUE_OVER_RED, file, str(file), file.read_bytes(), pillow(BLUE_OVER_RED), opaque, turned_back]
    forms.append(pillow(BLUE_OVER_RED).convert("RGBA"))
    for form in forms:
        read = glimpse.read_picture(form)
        np.testing.assert_array_equal(read, BLUE_OVER_RED)
        assert read.dtype == np.uint8
        assert read.flags.c_contiguous


def test_grey_pictures_become_three_equal_channels() -> None:
    grey = np.arange(24, dtype=np.uint8).reshape(4, 6)
    for form in (grey, grey[..., None], Image.fromarray(grey)):
        np.testing.assert_array_equal(glimpse.read_picture(form), np.dstack([grey] * 3))


def test_the_orientation_of_files_and_pil_images_counts(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    content = io.BytesIO()
    pillow(BLUE_OVER_RED).save(content, "PNG", exif=exif)
    (tmp_path / "a.png").write_bytes(content.getvalue())
    expected = np.rot90(BLUE_OVER_RED, -1)
    for form in (tmp_path / "a.png", content.getvalue(), Image.open(tmp_path / "a.png")):
        np.testing.assert_array_equal(glimpse.read_picture(form), expected)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (np.zeros((0, 5, 3), np.uint8), "at least one pixel, got 5x0"),
        (np.zeros((4, 4, 3), np.float32), r"uint8, got float32; \(array \* 255\)"),
        (np.full((4, 4, 3), np.nan), "uint8, got float64"),
        (np.zeros((4, 4, 3), np.int64), "uint8, got int64$"),
        (np.zeros((4, 4, 2), np.uint8), r"got \(4, 4, 2\)"),
        (np.zeros((1, 4, 4, 3), np.uint8), r"got \(1, 4, 4, 3\)"),
        (np.zeros(3, np.uint8), r"got \(3,\)"),
        (np.zeros((1, 40_000), np.uint8), "too long"),
        (b"", "not a picture"),
        (b"no picture", "not a picture"),
        (Image.new("I", (4, 4)), "8 bits a channel, got a PIL image of mode I"),
        (Image.new("F", (4, 4)), "mode F"),
        (Image.new("RGB", (0, 4)), "at least one pixel"),
        (None, "got NoneType"),
        (5, "got int"),
        ([[1, 2]], "got list"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_sentence(given: object, says: str) -> None:
    with pytest.raises(glimpse.PictureError, match=says):
        glimpse.read_picture(given)  # type: ignore[arg-type]


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.jpg"
    damaged.write_bytes(b"no picture")
    with pytest.raises(glimpse.PictureError, match=r"damaged\.jpg: not a picture"):
        glimpse.read_picture(damaged)
    with pytest.raises(glimpse.PictureError, match="got a folder"):
        glimpse.read_picture(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"none\.jpg: no such file"):
        glimpse.read_picture(tmp_path / "none.jpg")


def test_a_pil_image_whose_file_is_damaged_is_refused() -> None:
    content = png(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8))
    with pytest.raises(glimpse.PictureError, match="cannot be decoded"):
        glimpse.read_picture(Image.open(io.BytesIO(content[: len(content) // 2])))
