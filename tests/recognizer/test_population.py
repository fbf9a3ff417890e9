"""Faces of many people: reading them, shrinking them and embedding them."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from detectors.arrays import Chips, Float32, Image
from recognizer.population import embed_shrunk, read_people, shrink_face
from recognizer.spec import ChipSpec, arcface_landmarks
from tests.synthetic.recognizers import VectorsOnly


def encode(value: int) -> bytes:
    return cv2.imencode(".png", np.full((4, 4, 3), value, np.uint8))[1].tobytes()


FILES = {
    "Bo/1.png": encode(3),
    "Ann/2.PNG": encode(2),
    "Ann/1.png": encode(1),
    "Ann/broken.png": b"no picture",
    "Ann/notes.txt": encode(9),
}


def write_folder(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def write_zip(folder: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(folder / "people.zip", "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return folder / "people.zip"


@pytest.mark.parametrize("write", [write_folder, write_zip])
@pytest.mark.parametrize("parent", ["", "set/aligned/"])
def test_a_folder_and_a_zip_give_the_same_people(
    tmp_path: Path, write: Callable[[Path, dict[str, bytes]], Path], parent: str
) -> None:
    people = read_people(write(tmp_path, {parent + name: data for name, data in FILES.items()}))
    values = {name: [int(picture[0, 0, 0]) for picture in pictures] for name, pictures in people.items()}
    assert values == {"Ann": [1, 2], "Bo": [3]}  # unreadable and other files are left out


def test_a_picture_outside_of_every_folder_of_a_zip_is_nobody(tmp_path: Path) -> None:
    people = read_people(write_zip(tmp_path, FILES | {"loose.png": encode(9)}))
    assert sorted(people) == ["Ann", "Bo"]


@pytest.mark.parametrize("write", [write_folder, write_zip])
def test_one_person_is_too_few(tmp_path: Path, write: Callable[[Path, dict[str, bytes]], Path]) -> None:
    with pytest.raises(ValueError, match=r"expected folders of at least two people in .*, got 1"):
        read_people(write(tmp_path, {"Ann/1.png": encode(1), "Bo/1.png": b"no picture"}))


def test_an_empty_folder_holds_nobody(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least two people"):
        read_people(tmp_path)


def test_a_missing_source_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="missing"):
        read_people(tmp_path / "missing.zip")


def test_landmarks_lie_within_the_rim_of_the_shrunk_picture() -> None:
    image, points = shrink_face(np.zeros((112, 112, 3), np.uint8), 16, random=np.random.default_rng(0))
    assert image.shape == (24, 24, 3)
    np.testing.assert_allclose(points - 4.5, arcface_landmarks(16), atol=1e-4)


def test_the_rim_repeats_the_edge() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (16, 16, 3)).astype(np.uint8)
    image, _ = shrink_face(picture, 16, random=np.random.default_rng(0))
    np.testing.assert_array_equal(image[4:20, 4:20], picture)  # nothing to shrink
    np.testing.assert_array_equal(image[:4, 4:20], np.tile(picture[:1], (4, 1, 1)))


def test_jitter_moves_landmarks_by_a_share_of_the_size() -> None:
    picture, random = np.zeros((16, 16, 3), np.uint8), np.random.default_rng(0)
    points = np.array([shrink_face(picture, 16, jitter=0.1, random=random)[1] for _ in range(200)])
    assert points.std(axis=0).mean() == pytest.approx(1.6, rel=0.1)


class Brightness(VectorsOnly):
    """Embeds a chip as its mean grey, and records the sizes of batches."""

    model_id, dim = "brightness", 1

    def __init__(self) -> None:
        self.counts: list[int] = []

    def spec_for(self, face_px: float) -> ChipSpec:
        return ChipSpec(size=8)

    def embed(self, chips: Chips) -> Float32:
        self.counts.append(len(chips))
        return chips.mean(axis=(1, 2, 3), dtype=np.float32)[:, None]


def grey(value: int) -> Image:
    return np.full((16, 16, 3), value, np.uint8)


def test_pictures_are_embedded_in_batches_and_in_order() -> None:
    recognizer = Brightness()
    rows = embed_shrunk(recognizer, [grey(value) for value in range(65)], 8)
    assert recognizer.counts == [64, 1]
    np.testing.assert_allclose(rows[:, 0], range(65), atol=0.5)


def test_no_pictures_give_no_rows() -> None:
    assert embed_shrunk(Brightness(), [], 8).shape == (0, 1)
