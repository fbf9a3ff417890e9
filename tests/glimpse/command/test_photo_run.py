"""What is taken for photographs, and what for the frames of a film."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from glimpse.command.photo_run import are_photos


def write(folder: Path, *pictures: tuple[str, int]) -> list[str]:
    for name, side in pictures:
        cv2.imwrite(str(folder / name), np.zeros((side, side, 3), np.uint8))
    return [str(folder)]


@pytest.mark.parametrize(
    ("pictures", "expected"),
    [
        ([("f0001.jpg", 64), ("f0002.jpg", 64)], False),
        ([("f0001.jpg", 64), ("f0002.jpg", 80)], True),
        ([("Ada.jpg", 64), ("Ben.jpg", 64)], True),
        ([("f0001.jpg", 64)], True),
    ],
)
def test_frames_are_numbered_and_of_one_size(pictures: list[tuple[str, int]], expected: bool, tmp_path: Path) -> None:
    assert are_photos(write(tmp_path, *pictures)) is expected


def test_a_film_beside_pictures_and_what_is_not_there_are_no_photographs(tmp_path: Path) -> None:
    folder = write(tmp_path, ("Ada.jpg", 64))
    assert not are_photos([str(tmp_path / "none.jpg")])
    assert not are_photos([])
    (tmp_path / "model.onnx").write_bytes(b"")
    assert not are_photos([str(tmp_path / "model.onnx")])
    (tmp_path / "clip.mp4").write_bytes(b"")
    assert not are_photos(folder)
