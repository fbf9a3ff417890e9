"""Photographs shrunk to a face height and laid out on mosaics."""

import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from distill.detector.config import SceneSource
from distill.detector.mosaics import MOSAIC_PX, annotate, lay_out, read_photos, shrink_to_height
from distill.detector.split import Part


def test_training_and_held_out_photographs_are_disjoint(tmp_path: Path) -> None:
    path, rng = tmp_path / "set.zip", np.random.default_rng(0)
    data = {f"{n}.png": cv2.imencode(".png", rng.integers(0, 255, (8, 8, 3)))[1].tobytes() for n in range(30)}
    with zipfile.ZipFile(path, "w") as archive:
        for name, picture in data.items():
            archive.writestr(name, picture)
        archive.writestr("boxes.json", json.dumps({name: [[1, 1, 6, 6, "face"]] for name in data}))
    source = SceneSource(str(path), boxes="boxes.json")
    learnt = list(read_photos(source, [Part.TRAIN, Part.VALIDATION]))
    held = list(read_photos(source, [Part.HELD_OUT]))
    assert all(one.boxes.tolist() == [[1, 1, 6, 6]] for one in held)
    assert len(learnt) + len(held) == 30
    assert {one.image.tobytes() for one in learnt}.isdisjoint({one.image.tobytes() for one in held})


def test_mosaics_hold_the_same_faces_at_each_height() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (300, 400, 3)).astype(np.uint8)
    boxes = np.array([[10, 10, 74, 74], [100, 50, 164, 118], [200, 200, 300, 300]], np.float32)
    read_photos = [annotate(image, boxes)] * 40
    for height in (8, 16, 64):
        mosaics = list(lay_out(shrink_to_height(read_photos, height)))
        faces = np.concatenate([np.stack(one.boxes) for one in mosaics])
        assert len(faces) == 80  # the third is half as high again as the median: it does not count
        assert np.median(faces[:, 3] - faces[:, 1]) == pytest.approx(height, rel=0.1)
        assert sum(len(one.ignore) for one in mosaics) == 40
        assert all(one.image.shape == (MOSAIC_PX, MOSAIC_PX, 3) for one in mosaics)
    assert list(lay_out([])) == []


def test_photographs_with_small_faces_are_left_out() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    assert list(shrink_to_height([annotate(image, np.array([[0, 0, 20, 20]], np.float32))], 8)) == []
    assert list(shrink_to_height([annotate(image, np.array([[0, 0, 40, 40]], np.float32))], 64)) == []
