"""What is taken for photographs, and what for the frames of a film."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import ExifTags
from PIL import Image as PillowImage

from glimpse.command.app import main
from glimpse.command.photo_run import picture_kind


def write(folder: Path, *pictures: tuple[str, int]) -> list[str]:
    for name, side in pictures:
        cv2.imwrite(str(folder / name), np.zeros((side, side, 3), np.uint8))
    return [str(folder)]


@pytest.mark.parametrize(
    ("pictures", "expected"),
    [
        ([("f0001.jpg", 64), ("f0002.jpg", 64)], "frames"),
        ([("f0001.jpg", 64), ("f0002.jpg", 80)], "photos"),
        ([("Ada.jpg", 64), ("Ben.jpg", 64)], "photos"),
        ([("f0001.jpg", 64)], "photos"),
    ],
)
def test_frames_are_numbered_and_of_one_size(pictures: list[tuple[str, int]], expected: str, tmp_path: Path) -> None:
    assert picture_kind(write(tmp_path, *pictures)) == expected


def test_numbered_pictures_of_a_camera_are_photographs(tmp_path: Path) -> None:
    exif = PillowImage.Exif()
    exif[ExifTags.Base.Make] = "Pinhole"
    for number in range(2):
        PillowImage.new("RGB", (64, 64)).save(tmp_path / f"IMG_{number:04d}.jpg", exif=exif)
    assert picture_kind([str(tmp_path)]) == "photos"


def test_a_run_says_that_it_takes_pictures_for_frames(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, ("IMG_0001.jpg", 64), ("IMG_0002.jpg", 64))
    assert main(["run", str(tmp_path)]) == 0
    assert "followed as the frames of a film. For photographs, add --as photos." in capsys.readouterr().err


def test_a_film_beside_pictures_and_what_is_not_there_are_no_photographs(tmp_path: Path) -> None:
    folder = write(tmp_path, ("Ada.jpg", 64))
    assert not picture_kind([str(tmp_path / "none.jpg")])
    assert not picture_kind([])
    (tmp_path / "model.onnx").write_bytes(b"")
    assert not picture_kind([str(tmp_path / "model.onnx")])
    (tmp_path / "clip.mp4").write_bytes(b"")
    assert not picture_kind(folder)
