"""Enrolment of pictures of painted people: what is stored of them, and who is recognised by it."""

import dataclasses
import zipfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from detectors import pictures
from detectors.arrays import Image
from detectors.base import Detections, FaceDetector
from detectors.load import load_detector
from detectors.runtime import Runtime
from recognizer.calibration import uncalibrated
from recognizer.enrolled import read_enrolled
from recognizer.gallery import Gallery, known_faces
from recognizer.gallery.chips import cut_from_stored, decode_chip
from recognizer.gallery.enroll import (
    EMBEDDED_MAX_BLUR,
    EMBEDDED_MIN_SCORE,
    MIN_SHARPNESS,
    Enroller,
    Verdict,
    usual_limits,
)
from recognizer.gallery.folders import Photo
from recognizer.gallery.reembed import reembed
from recognizer.gallery.sqlite_database import SqliteDatabase as Database
from recognizer.load import load_recognizer
from tests.synthetic.painted_people import enroll_folder, paint_picture, write_picture


def test_every_picture_is_enrolled_or_refused_with_a_reason(tmp_path: Path, enroller: Enroller) -> None:
    faces = tmp_path / "faces"
    write_picture(faces / "Zoë" / "good.png", paint_picture((1, 60)))
    write_picture(faces / "Zoë" / "again.png", paint_picture((1, 50), left=80))
    write_picture(faces / "Zoë" / "two.png", paint_picture((1, 60), (2, 50)))
    write_picture(faces / "Zoë" / "background.png", paint_picture((1, 80), (2, 12)))
    write_picture(faces / "Zoë" / "nobody.png", paint_picture())
    write_picture(faces / "Zoë" / "small.png", paint_picture((1, 14)))
    (faces / "Zoë" / "broken.jpg").write_bytes(b"no picture")
    (faces / "Zoë" / "empty.jpg").write_bytes(b"")
    (faces / "Zoë" / "notes.txt").write_text("not a picture")
    (faces / "李").mkdir()
    (faces / "李" / "copied.png").write_bytes((faces / "Zoë" / "good.png").read_bytes())
    outcomes = enroll_folder(enroller, faces)
    reasons = {Path(source).name: outcome.reason for source, outcome in outcomes.items() if outcome.reason}
    assert reasons.pop("nobody.png") == "no face"
    assert reasons.pop("two.png").startswith("two faces: ambiguous")
    assert reasons.pop("small.png").startswith("too small: face of 14 px, at least 24")
    assert reasons.pop("broken.jpg") == reasons.pop("empty.jpg") == "unreadable: not a picture"
    assert reasons.pop("notes.txt") == "not a picture by its suffix '.txt'"
    assert reasons.pop("copied.png") == "already enrolled as Zoë"
    assert not reasons
    enrolled = {Path(source).name for source, outcome in outcomes.items() if outcome.verdict is Verdict.TAKEN}
    assert enrolled == {"good.png", "again.png", "background.png"}
    assert {outcome.verdict for outcome in enroll_folder(enroller, faces).values()} == {
        Verdict.KNOWN,
        Verdict.REFUSED,
        Verdict.LEFT_OUT,
    }


def test_blurred_faces_are_refused(tmp_path: Path, enroller: Enroller) -> None:
    strict = dataclasses.replace(enroller, min_sharpness=MIN_SHARPNESS)
    write_picture(tmp_path / "faces" / "a" / "smooth.png", paint_picture((1, 60)))
    sharp = paint_picture((1, 60))
    sharp[60:120, 40:100] += np.random.default_rng(0).integers(0, 3, (60, 60, 1), np.uint8) * 12
    write_picture(tmp_path / "faces" / "a" / "sharp.png", sharp)
    outcomes = enroll_folder(strict, tmp_path / "faces")
    assert outcomes["a/smooth.png"].reason.startswith("blurred: sharpness")
    assert outcomes["a/sharp.png"].verdict is Verdict.TAKEN


def test_a_face_that_resembles_another_person_gets_a_warning(
    tmp_path: Path, enroller: Enroller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_faces, "SAME_FACE_COSINE", 1.1)  # painted people are alike or different, never in between
    write_picture(tmp_path / "faces" / "a" / "x.png", paint_picture((1, 60)))
    write_picture(tmp_path / "faces" / "b" / "y.png", paint_picture((1, 50), left=90))
    write_picture(tmp_path / "faces" / "c" / "z.png", paint_picture((5, 50)))
    outcomes = enroll_folder(enroller, tmp_path / "faces")
    assert outcomes["b/y.png"].verdict is Verdict.TAKEN
    assert outcomes["b/y.png"].warning.startswith("looks like a: score ")
    assert not outcomes["a/x.png"].warning
    assert not outcomes["c/z.png"].warning


class MissesFacesAtTheBorder:
    """A detector that drops every face within 5 px of the border."""

    name = "borderless"

    def __init__(self, detector: FaceDetector) -> None:
        self._detector = detector

    def detect(self, image: Image) -> Detections:
        found = self._detector.detect(image)
        height, width = image.shape[:2]
        inside = (found.boxes[:, :2] > 5).all(axis=1) & (found.boxes[:, 2:] < (width - 5, height - 5)).all(axis=1)
        return found[inside]


def test_a_large_photograph_is_shrunk_for_detection(tmp_path: Path, enroller: Enroller) -> None:
    write_picture(tmp_path / "faces" / "a" / "large.png", paint_picture((1, 120), side=3000, left=600))
    outcomes = enroll_folder(enroller, tmp_path / "faces")
    assert outcomes["a/large.png"].face_px == pytest.approx(120, rel=0.05)


def test_a_face_that_fills_the_picture_is_found_with_a_rim(tmp_path: Path, enroller: Enroller) -> None:
    write_picture(tmp_path / "faces" / "a" / "full.png", paint_picture((1, 80), side=140, left=0)[60:, :80])
    strict = dataclasses.replace(enroller, detector=MissesFacesAtTheBorder(enroller.detector))
    outcome = enroll_folder(strict, tmp_path / "faces")["a/full.png"]
    assert outcome.verdict is Verdict.TAKEN
    assert outcome.face_px == pytest.approx(80, rel=0.05)


def test_the_picture_of_a_face_is_stored_unless_it_is_declined(tmp_path: Path, enroller: Enroller) -> None:
    write_picture(tmp_path / "faces" / "a" / "x.png", paint_picture((1, 90)))
    enroll_folder(enroller, tmp_path / "faces")
    write_picture(tmp_path / "faces" / "b" / "y.png", paint_picture((2, 90)))
    enroll_folder(dataclasses.replace(enroller, keep_chips=False), tmp_path / "faces")
    with Gallery(tmp_path / "g.db") as gallery:
        (_, kept), (_, declined) = gallery.faces()
    assert declined.chip is None
    assert kept.chip is not None
    stored = decode_chip(kept.chip)
    again = read_enrolled(enroller.recognizer, kept.face_px, lambda spec: cut_from_stored(stored, spec)[None])
    assert float(again.vectors[0] @ kept.vector) > 0.99


@pytest.mark.shared
def test_stored_pictures_give_nearly_the_vectors_of_the_photographs(tmp_path: Path, shared: Path) -> None:
    recognizer = load_recognizer("embedded", runtime=Runtime())
    detector = load_detector("embedded", runtime=Runtime(), every_size=True)
    limits = {"min_score": EMBEDDED_MIN_SCORE, "max_blur": EMBEDDED_MAX_BLUR}
    with zipfile.ZipFile(shared / "data/scenes/closeups.zip") as archive:
        for name in archive.namelist()[:12]:
            (tmp_path / "faces" / name).mkdir(parents=True)
            (tmp_path / "faces" / name / name).write_bytes(archive.read(name))
    enroll_folder(Enroller(detector, recognizer, uncalibrated(recognizer.model_id), **limits), tmp_path / "faces")
    with Gallery(tmp_path / "g.db") as gallery:
        enrolled = [face.vector for _, face in gallery.faces() if face.face_px >= 112]
    with closing(Database(tmp_path / "g.db", create=False)) as database:
        reembed(database, recognizer)
    with Gallery(tmp_path / "g.db") as gallery:
        reembedded = [face.vector for _, face in gallery.faces() if face.face_px >= 112]
    cosines = np.sum(np.array(enrolled) * np.array(reembedded), axis=1)
    assert len(cosines) >= 5
    assert cosines.min() > 0.97
    assert np.median(cosines) > 0.98


def test_enrolled_people_are_recognised_in_other_pictures(tmp_path: Path, enroller: Enroller) -> None:
    for number in range(6):
        write_picture(tmp_path / "faces" / f"p{number}" / "x.png", paint_picture((number, 60)))
    enroll_folder(enroller, tmp_path / "faces")
    write_picture(tmp_path / "probe" / "p3" / "x.png", paint_picture((3, 40), left=100))
    with Gallery(tmp_path / "g.db") as gallery, Gallery(tmp_path / "probe.db", create=True) as probes:
        list(enroller.enroll(tmp_path / "probe", probes))
        index = gallery.index("synthetic")
        ((_, face),) = probes.faces()
        assert index.people[index.search(face.vector[None]).top(0)[0][0]] == "p3"


def test_people_of_another_process_are_known_at_once(tmp_path: Path, enroller: Enroller) -> None:
    write_picture(tmp_path / "faces" / "a" / "x.png", paint_picture((1, 60)))
    write_picture(tmp_path / "faces" / "b" / "x.png", paint_picture((2, 60)))
    write_picture(tmp_path / "other" / "c" / "x.webp", paint_picture((2, 60)))
    with Gallery(tmp_path / "g.db", create=True) as gallery, Gallery(tmp_path / "g.db") as other:
        running = enroller.enroll(tmp_path / "faces", gallery)
        assert next(running).verdict is Verdict.TAKEN
        assert [outcome.verdict for outcome in enroller.enroll(tmp_path / "other", other)] == [Verdict.TAKEN]
        assert next(running).reason.startswith("the same face as c")


@pytest.mark.shared
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_photograph_that_lies_on_its_side_is_turned(tmp_path: Path, shared: Path, turns: int) -> None:
    recognizer = load_recognizer("embedded", runtime=Runtime())
    detector = load_detector("embedded", runtime=Runtime(), every_size=True)
    limits = {"min_score": EMBEDDED_MIN_SCORE, "max_blur": EMBEDDED_MAX_BLUR}
    with zipfile.ZipFile(shared / "data/scenes/closeups.zip") as archive:
        picture = pictures.decode_or_raise(archive.read(archive.namelist()[0]))
    write_picture(tmp_path / "faces" / "Ada" / "a.png", picture)
    write_picture(tmp_path / "faces" / "Ada" / "b.png", np.rot90(picture, turns))
    outcomes = enroll_folder(
        Enroller(detector, recognizer, uncalibrated(recognizer.model_id), **limits), tmp_path / "faces"
    )
    assert outcomes["Ada/a.png"].warning == ""
    assert outcomes["Ada/b.png"].warning == f"lay on its side or head: turned by {360 - 90 * turns} degrees"
    with Gallery(tmp_path / "g.db") as gallery:
        (_, upright), (_, turned) = gallery.faces()
    assert float(upright.vector @ turned.vector) > 0.98


def test_pixels_are_enrolled_as_a_file_of_them_is(tmp_path: Path, enroller: Enroller) -> None:
    picture = paint_picture((1, 60))
    write_picture(tmp_path / "faces" / "a" / "file.png", picture)
    photo = Photo(Path(), "b", "pixels", pixels=picture)
    with Gallery(tmp_path / "g.db", create=True) as gallery:
        assert [outcome.verdict for outcome in enroller.enroll_photos([photo, photo], gallery)] == [
            Verdict.TAKEN,
            Verdict.KNOWN,
        ]
        ((_, stored),) = gallery.faces()
    with Gallery(tmp_path / "other.db", create=True) as gallery:
        list(enroller.enroll(tmp_path / "faces", gallery))
        ((_, from_file),) = gallery.faces()
    np.testing.assert_array_equal(stored.vector, from_file.vector)
    assert stored.chip == from_file.chip


@pytest.mark.parametrize(("detector", "recognizer"), [("embedded", "embedded"), ("yunet.onnx", "model.onnx")])
def test_the_limits_follow_the_models(detector: str, recognizer: str) -> None:
    ours = detector == "embedded"
    found = usual_limits(detector, recognizer)
    assert found.min_score == (EMBEDDED_MIN_SCORE if ours else Enroller.__dataclass_fields__["min_score"].default)
    assert found.max_blur == (EMBEDDED_MAX_BLUR if ours else Enroller.__dataclass_fields__["max_blur"].default)
