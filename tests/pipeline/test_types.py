"""Types that pass between the steps."""

import numpy as np
import pytest

from detectors.arrays import Image
from pipeline.types import Frame, Track


def test_a_frame_without_pixels_keeps_everything_else() -> None:
    image = np.zeros((2, 3, 3), np.uint8)
    frame = Frame("door", 7, 1.5, 100.0, 50.0, image, capture_time=99.0)
    bare = frame.without_pixels()
    assert bare.image.size == 0
    assert (bare.camera, bare.index, bare.media_time, bare.wall_time) == ("door", 7, 1.5, 100.0)
    assert (bare.monotonic_time, bare.capture_time) == (50.0, 99.0)
    assert frame.image is image


def test_pixels_do_not_appear_in_the_text_of_a_frame() -> None:
    assert "image" not in repr(Frame("door", 7, 1.5, 100.0, 50.0, np.zeros((2, 3, 3), np.uint8)))


def test_the_size_of_a_face_is_its_height() -> None:
    box = np.array([10, 20, 17.5, 32.25], np.float32)
    face_px = Track("door", 1, box, 0.9, None, 0.0).face_px
    assert type(face_px) is float
    assert face_px == pytest.approx(12.25)


class Painted:
    """A picture that counts how often it is looked at."""

    def __init__(self) -> None:
        self.looks = 0

    @property
    def image(self) -> Image:
        self.looks += 1
        return np.ones((2, 3, 3), np.uint8)

    size = (3, 2)

    @property
    def brightness(self) -> Image:
        return np.ones((2, 3), np.uint8)


def test_a_frame_gives_the_image_of_its_picture_when_asked() -> None:
    picture = Painted()
    frame = Frame("door", 7, 1.5, 100.0, 50.0, picture)
    assert frame.without_pixels().image.size == 0
    assert frame.size == (3, 2)
    assert frame.brightness.shape == (2, 3)
    assert picture.looks == 0
    assert frame.image.shape == (2, 3, 3)
    assert picture.looks == 1


def test_a_frame_of_an_array_has_its_size_and_is_its_own_brightness() -> None:
    image = np.ones((2, 3, 3), np.uint8)
    frame = Frame("door", 7, 1.5, 100.0, 50.0, image)
    assert frame.size == (3, 2)
    assert frame.brightness is image
