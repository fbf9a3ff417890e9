"""Labels merged from people and teachers, faces pasted where they are said to be, and parts that do not leak."""

import hashlib
import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from detectors.arrays import Float32
from detectors.base import Detections
from detectors.network import Outputs
from distill.detector.compose import View, _mirror, mirrored_points
from distill.detector.config import LabelSettings, PictureSettings, SceneSource
from distill.detector.dataset import MOST, collated, packed
from distill.detector.degradation import weathered
from distill.detector.label import ARCFACE, DRAWN, agreement, merged, usual_box
from distill.detector.mosaics import photographs
from distill.detector.paste import WHOLE, Pose, box_and_points, matrix_of, paste
from distill.detector.retinaface import RetinaFaceDetector
from distill.detector.split import Part, part_of

SETTINGS = LabelSettings(yunet="", retinaface="")


def seen(*rows: tuple[float, float, float, float, float]) -> Detections:
    """Boxes x1 y1 x2 y2 and score, with landmarks as ArcFace's template has them in the box."""
    array = np.array(rows, np.float32).reshape(-1, 5)
    shares = (ARCFACE / 112).astype(np.float32)
    points = array[:, None, :2] + shares * (array[:, 2:4] - array[:, :2])[:, None]
    return Detections(array[:, :4], array[:, 4], points)


def drawn(*rows: tuple[float, float, float, float]) -> Float32:
    return np.array(rows, np.float32).reshape(-1, 4)


def test_a_third_is_held_out_by_the_bytes_alone() -> None:
    parts = [part_of(f"picture {number}".encode()) for number in range(3000)]
    assert parts.count(Part.HELD_OUT) == pytest.approx(1000, abs=80)
    assert parts.count(Part.CHECK) == pytest.approx(167, abs=40)
    number = int.from_bytes(hashlib.sha256(b"picture 1").digest()[:8])
    assert (part_of(b"picture 1") is Part.HELD_OUT) == (number % 3 == 0)


def test_held_out_photographs_are_those_that_training_leaves(tmp_path: Path) -> None:
    path, rng = tmp_path / "set.zip", np.random.default_rng(0)
    data = {f"{n}.png": cv2.imencode(".png", rng.integers(0, 255, (8, 8, 3)))[1].tobytes() for n in range(30)}
    with zipfile.ZipFile(path, "w") as archive:
        for name, picture in data.items():
            archive.writestr(name, picture)
        archive.writestr("boxes.json", json.dumps({name: [[1, 1, 6, 6, "face"]] for name in data}))
    source = SceneSource(str(path), boxes="boxes.json")
    learnt = list(photographs(source, [Part.LEARN, Part.CHECK]))
    held = list(photographs(source, [Part.HELD_OUT]))
    assert all(one.boxes.tolist() == [[1, 1, 6, 6]] for one in held)
    assert len(learnt) + len(held) == 30
    assert {one.image.tobytes() for one in learnt}.isdisjoint({one.image.tobytes() for one in held})


def test_a_drawn_box_stays_and_gets_the_teachers_landmarks() -> None:
    both = seen((100, 100, 140, 150, 0.9))
    [face] = merged(drawn((102, 108, 138, 158)), both, both, SETTINGS)
    assert face.box == (102, 108, 138, 158)
    assert both.landmarks is not None
    np.testing.assert_allclose(face.points, both.landmarks[0], atol=0.01)


def test_a_face_nobody_drew_gets_the_box_people_would_draw() -> None:
    both = seen((100, 100, 212, 212, 0.9))
    [face] = merged(drawn(), both, both, SETTINGS)
    np.testing.assert_allclose(face.box, DRAWN + 100, atol=0.5)
    assert not face.ignore


def test_what_one_teacher_sees_is_left_out_of_the_losses() -> None:
    one, two = seen((10, 10, 50, 50, 0.95), (100, 100, 150, 150, 0.4)), seen((100, 100, 150, 150, 0.9))
    faces = merged(drawn(), one, two, SETTINGS)
    assert len(faces) == 3  # both boxes of the second: the first teacher is not sure of it
    assert all(face.ignore for face in faces)


def test_a_drawn_face_is_not_ignored_for_a_lone_teacher() -> None:
    [face] = merged(drawn((10, 10, 50, 50)), seen((12, 12, 52, 52, 0.4)), seen(), SETTINGS)
    assert not face.ignore
    assert face.points == ()


def test_a_face_far_from_a_drawn_ones_size_is_another() -> None:
    both = seen((40, 40, 48, 48, 0.9))
    [face] = merged(drawn((10, 10, 90, 90)), both, both, SETTINGS)
    assert face.points == ()


def test_teachers_agree_on_nothing_when_one_sees_nothing() -> None:
    agreed, lone = agreement(seen(), seen((0, 0, 9, 9, 0.9)), 0.5)
    assert (len(agreed), len(lone)) == (0, 1)
    agreed, lone = agreement(seen((0, 0, 9, 9, 0.9)), seen(), 0.5)
    assert (len(agreed), len(lone)) == (0, 1)


def test_the_usual_box_follows_turn_and_size() -> None:
    middle = (DRAWN[:2] + DRAWN[2:]) / 2
    turn = np.array([[0, -1], [1, 0]])
    box = usual_box((ARCFACE - middle) @ turn.T * 0.5 + [50, 60])
    np.testing.assert_allclose((box[:2] + box[2:]) / 2, [50, 60], atol=0.1)
    np.testing.assert_allclose(box[2:] - box[:2], (DRAWN[2:] - DRAWN[:2]) / 2, atol=0.2)


def test_a_pasted_face_is_where_it_is_said_to_be() -> None:
    chip = np.zeros((112, 112, 3), np.uint8)
    for number, (x, y) in enumerate(ARCFACE):
        cv2.circle(chip, (round(x), round(y)), 4, (0, 255, 0) if number < 2 else (255, 0, 0), -1)
    matrix = matrix_of(Pose(60, 50, 60, 15, 0.9))
    box, points = box_and_points(matrix)
    canvas = np.zeros((120, 120, 3), np.uint8)
    paste(canvas, chip, matrix, WHOLE, np.ones(3, np.float32))
    green, blue = canvas[..., 1].astype(float), canvas[..., 0].astype(float)
    y, x = np.mgrid[:120, :120] + 0.5
    for layer, among in ((green, points[:2]), (blue, points[2:])):
        middle = [(x * layer).sum() / layer.sum(), (y * layer).sum() / layer.sum()]
        np.testing.assert_allclose(middle, among.mean(axis=0), atol=0.7)
    assert box[3] - box[1] == pytest.approx(60, abs=1)
    np.testing.assert_allclose((box[:2] + box[2:]) / 2, [60, 50], atol=0.1)


def test_a_face_pasted_outside_changes_nothing() -> None:
    canvas = np.zeros((32, 32, 3), np.uint8)
    chip = np.full((112, 112, 3), 255, np.uint8)
    paste(canvas, chip, matrix_of(Pose(-90, 10, 20, 0, 1)), WHOLE, np.ones(3, np.float32))
    assert not canvas.any()


def test_mirroring_twice_is_nothing() -> None:
    rng = np.random.default_rng(1)
    points = rng.uniform(0, 32, (3, 5, 2)).astype(np.float32)
    np.testing.assert_allclose(mirrored_points(mirrored_points(points, 32), 32), points, atol=1e-5)
    view = View(np.zeros((32, 32, 3), np.uint8), [np.array([2, 3, 10, 12], np.float32)], [points[0]])
    view.image[3:12, 2:10] = 255
    _mirror(view)
    x1, y1, x2, y2 = view.boxes[0].astype(int)
    assert view.image[y1:y2, x1:x2].all()
    assert view.image.sum() == 255 * 3 * 8 * 9
    assert mirrored_points(points[0], 32)[0, 0] == 32 - points[0, 1, 0]  # the right eye is the mirrored left one


def test_weather_keeps_the_shape() -> None:
    foul = PictureSettings(light=1, blur=1, motion=1, noise=1, jpeg=1)
    image = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    for seed in range(20):
        out = weathered(image, foul, np.random.default_rng(seed))
        assert (out.shape, out.dtype) == (image.shape, np.uint8)


def test_a_crowd_beyond_what_a_batch_holds_is_ignored_not_unlearnt() -> None:
    box = np.array([1, 1, 9, 9], np.float32)
    crowd = View(np.zeros((32, 32, 3), np.uint8), [box] * (MOST + 3), [np.zeros((5, 2), np.float32)] * (MOST + 3))
    full = packed(crowd)
    assert np.isfinite(full.boxes).all()
    assert np.isfinite(full.ignore[:, 0]).sum() == 3
    batch = collated([full, packed(View(np.zeros((32, 32, 3), np.uint8)))])
    assert batch.images.shape == (2, 3, 32, 32)
    assert (batch.boxes.shape[1], batch.ignore.shape[1]) == (MOST, 3)


def test_retinaface_decoding_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    class Said:
        def __init__(self, *_: object) -> None:
            cells = 2 * (4 * 8 + 2 * 4 + 1 * 2)
            self.loc, self.conf = np.zeros((cells, 4), np.float32), np.zeros((cells, 2), np.float32)
            self.points = np.zeros((cells, 10), np.float32)

        def run(self, image: object) -> Outputs:
            return Outputs({"loc": self.loc, "conf": self.conf, "landms": self.points}, 32, 64, 1.0)

    monkeypatch.setattr("distill.detector.retinaface.Network", Said)
    detector = RetinaFaceDetector(Path("any"))
    network = detector._network
    row = 2 * (1 * 8 + 3) + 1  # row 1, column 3 of stride 8, its anchor of 32 px round (28, 12)
    network.conf[row] = [0.1, 0.9]
    network.loc[row] = [1, -1, np.log(2) / 0.2, 0]
    network.points[row] = 1
    found = detector.detect(np.zeros((32, 64, 3), np.uint8))
    np.testing.assert_allclose(found.boxes, [[28 + 3.2 - 32, 12 - 3.2 - 16, 28 + 3.2 + 32, 12 - 3.2 + 16]], rtol=1e-5)
    assert found.landmarks is not None
    np.testing.assert_allclose(found.landmarks[0, 4], [28 + 3.2, 12 + 3.2], rtol=1e-6)
