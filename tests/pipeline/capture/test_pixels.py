"""Frames of any pixel format and rotation become upright BGR images."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import pytest

from detectors.arrays import Image
from pipeline.capture import pixels
from pipeline.capture.pixels import DecodedPicture, to_bgr, upright_size
from tests.synthetic.shaped_video import write_interlaced_clip
from tests.synthetic.video import write_rotated_clip

CORNER = np.zeros((48, 64, 3), np.uint8)
CORNER[:24, :32] = 255


def solid_frame(bgr: tuple[int, int, int], pixel_format: str) -> av.VideoFrame:
    image = np.full((32, 48, 3), bgr, np.uint8)
    return av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format=pixel_format)


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuvj422p", "yuv444p", "yuv420p10le", "rgb24", "bgr0"])
@pytest.mark.parametrize("bgr", [(255, 0, 0), (0, 255, 0), (0, 0, 255)])
def test_colours_are_bgr(pixel_format: str, bgr: tuple[int, int, int]) -> None:
    image = to_bgr(solid_frame(bgr, pixel_format))
    assert (image.shape, image.dtype) == ((32, 48, 3), np.uint8)
    assert np.abs(image.astype(int) - bgr).max() < 12


def test_grey_has_three_equal_channels() -> None:
    image = to_bgr(solid_frame((120, 120, 120), "gray"))
    assert image.shape == (32, 48, 3)
    assert np.ptp(image, axis=2).max() == 0


def test_images_are_read_only_and_contiguous() -> None:
    image = to_bgr(solid_frame((1, 2, 3), "yuv420p"))
    assert image.flags.c_contiguous
    with pytest.raises(ValueError, match="read-only"):
        image[0, 0] = 0


@pytest.mark.parametrize(("degrees", "turns"), [(90, 1), (180, 2), (-90, 3)])
def test_display_matrix_turns_the_image_upright(tmp_path: Path, degrees: int, turns: int) -> None:
    path = write_rotated_clip(tmp_path / "phone.mp4", CORNER, degrees)
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    upright: Image = np.rot90(CORNER, turns)
    image = to_bgr(frame)
    assert image.shape == upright.shape
    assert np.abs(image.astype(int) - upright).mean() < 8
    assert image.flags.c_contiguous
    assert upright_size(frame) == image.shape[1::-1]


def test_a_decoded_picture_is_converted_once_and_only_when_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[av.VideoFrame] = []

    def count(frame: av.VideoFrame, pixel_aspect: float) -> Image:
        calls.append(frame)
        return to_bgr(frame, pixel_aspect)

    monkeypatch.setattr(pixels, "to_bgr", count)
    picture = DecodedPicture(solid_frame((10, 20, 30), "yuv420p"))
    assert calls == []
    assert picture.image is picture.image
    assert len(calls) == 1
    assert np.abs(picture.image.astype(int) - (10, 20, 30)).max() < 12


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuvj422p", "nv12", "gray"])
def test_brightness_is_at_hand_without_converting(pixel_format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ramp = np.repeat(np.arange(0, 250, 5, dtype=np.uint8)[None, :, None], 34, axis=0).repeat(3, axis=2)
    frame = av.VideoFrame.from_ndarray(ramp, format="bgr24").reformat(format=pixel_format)
    picture = DecodedPicture(frame)
    monkeypatch.setattr(pixels, "to_bgr", lambda *_: pytest.fail("converted"))
    assert picture.size == (50, 34)
    assert picture.brightness.shape == (34, 50)
    assert (np.diff(picture.brightness.astype(int), axis=1) >= 0).all()


@pytest.mark.parametrize("pixel_format", ["yuv420p10le", "rgb24"])
def test_brightness_of_other_formats_is_the_image(pixel_format: str) -> None:
    picture = DecodedPicture(solid_frame((10, 20, 30), pixel_format))
    assert picture.brightness is picture.image
    assert DecodedPicture(solid_frame((10, 20, 30), "yuv420p")).brightness.ndim == 2


def test_brightness_after_converting_is_the_image() -> None:
    picture = DecodedPicture(solid_frame((10, 20, 30), "yuv420p"))
    assert picture.image is picture.brightness


@contextmanager
def without_collector() -> Iterator[None]:
    """Python looks for no cycles meanwhile."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def count_frames() -> int:
    return sum(type(one) is av.VideoFrame for one in gc.get_objects())


@pytest.mark.parametrize("kind", ["plain", "turned", "interlaced"])
def test_a_frame_is_freed_as_soon_as_nobody_looks_at_it(tmp_path: Path, kind: str) -> None:
    """A frame in a cycle of references waits for the collector: hundreds did, 100 MB of a small camera."""
    path = tmp_path / "clip.mp4"
    if kind == "interlaced":
        write_interlaced_clip(path)
    else:
        write_rotated_clip(path, CORNER, 90 if kind == "turned" else 0)
    with av.open(str(path)) as container, without_collector():
        before = count_frames()
        for frame in container.decode(video=0):
            picture = DecodedPicture(frame)
            assert picture.size
            assert picture.brightness.size
            assert picture.image.size
        del frame, picture
        assert count_frames() <= before + 1, "the decoder keeps the one that it fills next"
