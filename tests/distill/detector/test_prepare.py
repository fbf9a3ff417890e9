"""What preparation writes, skips and refuses."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from distill.detector.config import DetectorSettings, FaceSource, LabelSettings, SceneSource
from distill.detector.prepare import face_rows_of, open_photo_sets, prepare, read_drawn_boxes
from distill.detector.split import Part, part_of
from distill.errors import DistillError
from distill.progress import Log, read_log

COUNT = 24


@pytest.fixture
def settings(tmp_path: Path) -> DetectorSettings:
    """Random pictures as photographs and as faces, one of the faces not square."""
    rng = np.random.default_rng(0)
    for folder, shape in (("crowd", (12, 16, 3)), ("faces", (20, 20, 3))):
        (tmp_path / folder).mkdir()
        for number in range(COUNT):
            cv2.imwrite(str(tmp_path / folder / f"{number:02}.png"), rng.integers(0, 255, shape).astype(np.uint8))
    cv2.imwrite(str(tmp_path / "faces" / "wide.png"), np.zeros((20, 30, 3), np.uint8))
    (tmp_path / "crowd" / "boxes.json").write_text(json.dumps({"03.png": [[1, 2, 8, 9, "face"]]}))
    scenes = (SceneSource(str(tmp_path / "crowd"), boxes="boxes.json"),)
    faces = (FaceSource(str(tmp_path / "faces"), limit=5),)
    return DetectorSettings(str(tmp_path / "work"), scenes, faces, LabelSettings("", ""))


def test_held_out_pictures_are_not_written(settings: DetectorSettings, tmp_path: Path) -> None:
    log = tmp_path / "work" / "log.jsonl"
    prepare(settings, Log(log))
    parts = {path.name: part_of(path.read_bytes()) for path in (tmp_path / "crowd").glob("*.png")}
    [photo_set] = open_photo_sets(settings)
    assert {photo.name: photo.part for photo in photo_set.photos} == {
        name: part for name, part in parts.items() if part is not Part.HELD_OUT
    }
    assert 0 < len(photo_set.photos) < COUNT
    rows = face_rows_of(tmp_path / "work", settings.faces[0]).array()
    assert rows.shape == (5, 112, 112, 3)
    assert read_log(log)[0]["held-out"] == COUNT - len(photo_set.photos)


def test_a_picture_that_shows_what_a_held_out_one_shows_is_not_written(
    settings: DetectorSettings, tmp_path: Path
) -> None:
    held_out = next(
        path for path in sorted((tmp_path / "crowd").glob("*.png")) if part_of(path.read_bytes()) is Part.HELD_OUT
    )
    for quality in range(90, 100):  # some of these have another part by their bytes
        twin = tmp_path / "crowd" / f"twin{quality}.jpg"
        cv2.imwrite(str(twin), cv2.imread(str(held_out)), (cv2.IMWRITE_JPEG_QUALITY, quality))
    parts = [part_of(path.read_bytes()) for path in (tmp_path / "crowd").glob("*.jpg")]
    prepare(settings, Log(tmp_path / "work" / "log.jsonl"))
    [photo_set] = open_photo_sets(settings)
    assert not [photo for photo in photo_set.photos if photo.name.startswith("twin")]
    [written] = [row for row in read_log(tmp_path / "work" / "log.jsonl") if row.get("set") == "crowd"]
    assert written["twins"] == sum(part is not Part.HELD_OUT for part in parts) > 0


def test_a_complete_set_is_not_written_again(settings: DetectorSettings, tmp_path: Path) -> None:
    log = tmp_path / "work" / "log.jsonl"
    prepare(settings, Log(log))
    before = log.read_bytes()
    prepare(settings, Log(log))
    assert log.read_bytes() == before


def test_drawn_boxes_are_read_without_their_labels(settings: DetectorSettings) -> None:
    assert read_drawn_boxes(settings.scenes[0]) == {"03.png": ((1, 2, 8, 9),)}
    with pytest.raises(DistillError, match=r"scenes.boxes: expected none.json in crowd"):
        read_drawn_boxes(SceneSource(settings.scenes[0].path, boxes="none.json"))


def test_an_unprepared_set_is_named(settings: DetectorSettings) -> None:
    with pytest.raises(DistillError, match="scenes: crowd not prepared"):
        open_photo_sets(settings)
