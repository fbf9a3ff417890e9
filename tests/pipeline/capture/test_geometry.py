"""Videos come as a screen shows them: mirrored, turned, with square pixels, of one moment."""

from fractions import Fraction
from itertools import product
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL import ImageOps

from detectors.arrays import Image
from pipeline.capture.geometry import MAX_FRAME_PIXELS, parse_aspect, square_size
from pipeline.capture.pixels import DecodedPicture, to_bgr, upright_size
from pipeline.capture.video_file import VideoFile
from tests.synthetic.shaped_video import picture_with_exif, quarters, write_interlaced_clip, write_shaped_clip

MATRICES = [
    matrix for matrix in product((-1, 0, 1), repeat=4) if abs(matrix[0] * matrix[3] - matrix[1] * matrix[2]) == 1
]
QUARTER_TURNS_AND_MIRRORS = [matrix for matrix in MATRICES if sum(map(abs, matrix)) == 2]


def first_image(path: Path, aspect: str = "") -> Image:
    recording = VideoFile(str(path), aspect)
    image = next(recording.frames()).read_image()
    recording.close()
    assert image is not None
    return image


def shown_by(matrix: tuple[int, ...], image: Image) -> Image:
    """The image under a matrix, pixel by pixel, by the definition in ISO/IEC 14496-12."""
    a, b, c, d = matrix
    rows, columns = np.indices(image.shape[:2])
    x, y = a * columns + c * rows, b * columns + d * rows
    x, y = x - x.min(), y - y.min()
    shown = np.zeros((y.max() + 1, x.max() + 1, 3), np.uint8)
    shown[y, x] = image
    return shown


@pytest.mark.parametrize("matrix", QUARTER_TURNS_AND_MIRRORS)
def test_all_eight_display_matrices(tmp_path: Path, matrix: tuple[int, ...]) -> None:
    assert len(QUARTER_TURNS_AND_MIRRORS) == 8
    stored = quarters(96, 64)
    image = first_image(write_shaped_clip(tmp_path / "clip.mp4", stored, matrix=matrix))
    shown = shown_by(matrix, stored)
    assert image.shape == shown.shape
    assert np.abs(image.astype(int) - shown).mean() < 12


def test_a_matrix_without_a_shape_changes_nothing(tmp_path: Path) -> None:
    stored = quarters(96, 64)
    image = first_image(write_shaped_clip(tmp_path / "clip.mp4", stored, matrix=(0, 0, 0, 0)))
    assert np.abs(image.astype(int) - stored).mean() < 12


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "h264"])
@pytest.mark.parametrize(
    ("sar", "size"), [(Fraction(2), (192, 64)), (Fraction(1, 2), (96, 128)), (Fraction(12, 11), (105, 64))]
)
def test_pixels_become_squares(tmp_path: Path, suffix: str, sar: Fraction, size: tuple[int, int]) -> None:
    image = first_image(write_shaped_clip(tmp_path / f"clip.{suffix}", quarters(96, 64), sar=sar))
    assert image.shape[1::-1] == size
    assert np.abs(image.astype(int) - quarters(*size)).mean() < 12
    assert not image.flags.writeable


def test_pixels_become_squares_before_the_picture_is_turned(tmp_path: Path) -> None:
    path = write_shaped_clip(tmp_path / "clip.mp4", quarters(96, 64), sar=Fraction(2), matrix=(0, 1, -1, 0))
    assert first_image(path).shape == (192, 64, 3)


@pytest.mark.parametrize(("aspect", "size"), [("16:9", (114, 64)), ("3:1", (192, 64)), ("1:1", (96, 96))])
def test_the_setting_wins_over_the_file(tmp_path: Path, aspect: str, size: tuple[int, int]) -> None:
    path = write_shaped_clip(tmp_path / "clip.mp4", quarters(96, 64), sar=Fraction(1, 2))
    assert first_image(path, aspect).shape[1::-1] == size


@pytest.mark.parametrize("pixel_aspect", [0, 1e-9, 0.999, 1.004, 5, 255, float("inf"), float("nan")])
def test_shapes_that_are_wrong_or_nearly_square_change_nothing(pixel_aspect: float) -> None:
    assert square_size(640, 480, pixel_aspect) == (640, 480)


def test_no_shape_makes_a_frame_too_large() -> None:
    assert square_size(12_000, 8_000, 3.0) == (12_000, 8_000)
    assert 12_000 * 8_000 * 3 > MAX_FRAME_PIXELS


@pytest.mark.parametrize("text", ["16", "16:0", "0:9", "16/9", "-4:3", "4:3:2", "x:y"])
def test_other_texts_are_no_aspect(text: str) -> None:
    with pytest.raises(ValueError, match="expected width:height"):
        parse_aspect(text)


def test_an_interlaced_frame_shows_one_moment(tmp_path: Path) -> None:
    image = first_image(write_interlaced_clip(tmp_path / "clip.mp4"))
    assert image.shape == (240, 320, 3)
    bright = image.mean(axis=2) > 128
    assert bright[:, 20:40].mean() > 0.95
    assert bright[:, 45:].mean() < 0.01, "the other field shows the bar 40 px further"


def test_size_and_luma_of_a_live_picture_agree_with_its_image(tmp_path: Path) -> None:
    for number, matrix in enumerate(QUARTER_TURNS_AND_MIRRORS):
        path = write_shaped_clip(tmp_path / f"{number}.mp4", quarters(96, 64), matrix=matrix)
        with av.open(str(path)) as container:
            frame = next(container.decode(video=0))
        picture = DecodedPicture(frame, 2.0)
        luma, image = picture.brightness, picture.image
        assert luma.shape[:2] == image.shape[:2] == to_bgr(frame, 2.0).shape[:2]
        assert picture.size == upright_size(frame, 2.0) == image.shape[1::-1]


@pytest.mark.parametrize("suffix", ["mjpeg", "png", "tiff", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_in_a_video_are_turned_by_their_exif(tmp_path: Path, suffix: str, orientation: int) -> None:
    """Digital cameras write AVI files of JPEGs with EXIF, and some network cameras send it."""
    path = tmp_path / f"clip.{suffix}"
    path.write_bytes(picture_with_exif(quarters(96, 64), orientation, {"mjpeg": "JPEG"}.get(suffix, suffix.upper())))
    with PillowImage.open(path) as picture:
        upright = np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))[..., ::-1]
    image = first_image(path)
    assert image.shape == upright.shape
    assert np.abs(image.astype(int) - upright).mean() < 6
