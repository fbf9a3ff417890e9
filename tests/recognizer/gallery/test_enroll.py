"""Enrolment of pictures of painted people: every reason to refuse one, and warnings of resemblance."""

import dataclasses
import os
import zipfile
from contextlib import closing
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from detectors import pictures
from detectors.arrays import Chips, Float32, Image
from detectors.base import Detections, FaceDetector
from detectors.load import load_detector
from detectors.runtime import Runtime
from recognizer.base import Readings, Recognizer
from recognizer.calibration import uncalibrated
from recognizer.chips import box_landmarks
from recognizer.enrolled import read_enrolled
from recognizer.gallery import Gallery, known_faces
from recognizer.gallery.chips import cut_from_stored, decode_chip
from recognizer.gallery.enroll import (
    EMBEDDED_MAX_BLUR,
    EMBEDDED_MIN_SCORE,
    MIN_SHARPNESS,
    Enroller,
    Outcome,
    Verdict,
    usual_limits,
)
from recognizer.gallery.folders import Photo
from recognizer.gallery.reembed import reembed
from recognizer.gallery.sqlite_database import SqliteDatabase as Database
from recognizer.lengths import LengthBand
from recognizer.load import load_recognizer
from recognizer.preprocess import l2_normalise
from recognizer.spec import ChipSpec
from tests.synthetic.networks import paint_person, write_detector, write_recognizer
from tests.synthetic.recognizers import VectorsOnly

PAINTED_SHARPNESS = 0.005  # painted people have no fine detail


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("models")
    return str(write_detector(folder / "det.onnx")), str(write_recognizer(folder / "rec.onnx", size=32))


@pytest.fixture
def enroller(models: tuple[str, str]) -> Enroller:
    recognizer = load_recognizer(models[1], runtime=Runtime())
    detector = load_detector(models[0], runtime=Runtime())
    return Enroller(detector, recognizer, uncalibrated(recognizer.model_id), min_sharpness=PAINTED_SHARPNESS)


class WithLengths(VectorsOnly):
    """A recogniser whose features are 3 long."""

    def __init__(self, inner: Recognizer) -> None:
        self.inner, self.model_id, self.dim = inner, inner.model_id, inner.dim

    def spec_for(self, face_px: float) -> ChipSpec:
        return self.inner.spec_for(face_px)

    def embed(self, chips: Chips) -> Float32:
        return self.inner.embed(chips)

    def read(self, chips: Chips) -> Readings:
        return Readings(self.embed(chips), np.full(len(chips), 3.0, np.float32))


def paint_picture(*people: tuple[int, float], side: int = 320, left: float = 40) -> Image:
    """A grey picture of people side by side, each as (number, face height)."""
    image = np.full((side, side, 3), 90, np.uint8)
    for number, height in people:
        paint_person(image, number, (left, 60, left + height, 60 + height))
        left += height + 20
    return image


def write_picture(path: Path, image: Image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, image)[1].tobytes())


def enroll_folder(enroller: Enroller, folder: Path) -> dict[str, Outcome]:
    with Gallery(folder.parent / "g.db", create=True) as gallery:
        return {outcome.source: outcome for outcome in enroller.enroll(folder, gallery)}


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


def test_a_folder_without_people_is_an_error(tmp_path: Path, enroller: Enroller) -> None:
    (tmp_path / "faces").mkdir()
    for folder in (tmp_path / "faces", tmp_path / "nowhere"):
        with (
            Gallery(tmp_path / "g.db", create=True) as gallery,
            pytest.raises(ValueError, match="one folder per person"),
        ):
            list(enroller.enroll(folder, gallery))


class BlindToDetail(VectorsOnly):
    """A recogniser whose vectors hold no detail finer than a 12-pixel face, so every photograph counts as blurred."""

    model_id, dim = "blind", 9

    def spec_for(self, face_px: float) -> ChipSpec:
        return ChipSpec(size=64)

    def embed(self, chips: Chips) -> Float32:
        small = np.stack([cv2.resize(chip, (3, 3), interpolation=cv2.INTER_AREA)[..., 1] for chip in chips])
        rows = small.reshape(len(chips), -1).astype(np.float32)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def test_a_photograph_without_fine_detail_is_refused_as_blurred(tmp_path: Path, enroller: Enroller) -> None:
    write_picture(tmp_path / "faces" / "a" / "x.png", paint_picture((1, 60)))
    strict = dataclasses.replace(enroller, recognizer=BlindToDetail())
    reason = enroll_folder(strict, tmp_path / "faces")["a/x.png"].reason
    assert reason.startswith("blurred: cosine 1.00 with its copy reduced to 12 px")
    lenient = dataclasses.replace(strict, max_blur=1.1)
    assert enroll_folder(lenient, tmp_path / "faces")["a/x.png"].verdict is Verdict.TAKEN


@pytest.mark.parametrize(("min_length", "verdict"), [(None, "refused"), (0.0, "taken")])
def test_a_chip_that_is_hardly_a_face_to_the_recogniser_is_refused(
    tmp_path: Path, enroller: Enroller, min_length: float | None, verdict: str
) -> None:
    long = (LengthBand(px=64, least=1e6, typical=2e6),)
    calibration = msgspec.structs.replace(enroller.calibration, lengths=long)
    strict = dataclasses.replace(
        enroller, calibration=calibration, min_length=min_length, recognizer=WithLengths(enroller.recognizer)
    )
    write_picture(tmp_path / "faces" / "Ada" / "one.png", paint_picture((1, 60)))
    [outcome] = enroll_folder(strict, tmp_path / "faces").values()
    assert outcome.verdict == verdict
    if min_length is None:
        assert outcome.reason.startswith("hardly a face: feature length 3.00, at least 1000000.00 needed at 60 px")


class EmptyDetector:
    """Finds nothing."""

    name = "empty"

    def detect(self, image: Image) -> Detections:
        return Detections.empty()


class AlsoFinds:
    """A detector that finds one box more, with landmarks in its middle."""

    name = "also"

    def __init__(self, inner: FaceDetector, box: tuple[float, float, float, float], score: float) -> None:
        self._inner, self._box, self._score = inner, np.array([box], np.float32), score

    def detect(self, image: Image) -> Detections:
        found = self._inner.detect(image)
        assert found.landmarks is not None
        own = box_landmarks(self._box[0])[None]
        return Detections(
            np.concatenate([found.boxes, self._box]),
            np.append(found.scores, np.float32(self._score)).astype(np.float32),
            np.concatenate([found.landmarks, own]),
        )


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        ((45, 80, 95, 130), ""),  # half of the face at (40, 60, 100, 120): a second box on the same head
        ((60, 70, 90, 100), ""),  # an eye
        ((150, 60, 200, 110), "two faces: ambiguous, crop the picture to one"),
    ],
)
def test_a_second_box_on_the_same_head_is_no_second_person(
    tmp_path: Path, enroller: Enroller, box: tuple[float, float, float, float], reason: str
) -> None:
    write_picture(tmp_path / "faces" / "Ada" / "one.png", paint_picture((1, 60)))
    nested = dataclasses.replace(enroller, detector=AlsoFinds(enroller.detector, box, 0.9))
    assert [outcome.reason for outcome in enroll_folder(nested, tmp_path / "faces").values()] == [reason]


class LongFeaturesForPeople(WithLengths):
    """Features are 3 long for a chip with a painted person, and 1 for a grey one."""

    def read(self, chips: Chips) -> Readings:
        return Readings(self.embed(chips), np.where(chips.std(axis=(1, 2, 3)) > 5, 3, 1).astype(np.float32))


def test_what_the_recogniser_calls_no_face_is_no_second_person(tmp_path: Path, enroller: Enroller) -> None:
    write_picture(tmp_path / "faces" / "Ada" / "one.png", paint_picture((1, 60), side=640))
    lengths = (LengthBand(px=64, least=2, typical=3),)
    strict = dataclasses.replace(
        enroller,
        calibration=msgspec.structs.replace(enroller.calibration, lengths=lengths),
        recognizer=LongFeaturesForPeople(enroller.recognizer),
        detector=AlsoFinds(enroller.detector, (250, 250, 320, 320), 0.99),
    )
    [outcome] = enroll_folder(strict, tmp_path / "faces").values()
    assert outcome.verdict is Verdict.TAKEN
    assert outcome.face_px == pytest.approx(60, rel=0.1)


def test_a_weak_box_is_refused_with_its_score_and_the_limit(tmp_path: Path, enroller: Enroller) -> None:
    write_picture(tmp_path / "faces" / "Ada" / "none.png", paint_picture())
    weak = dataclasses.replace(enroller, detector=AlsoFinds(enroller.detector, (50, 50, 120, 120), 0.55))
    [outcome] = enroll_folder(weak, tmp_path / "faces").values()
    assert outcome.reason == "no face: best score 0.55, at least 0.7 needed (--min-score)"


class Halves(WithLengths):
    """A vector of the contrast in the left and in the right half of a chip."""

    def embed(self, chips: Chips) -> Float32:
        half = chips.shape[2] // 2
        rows = np.stack([part.std(axis=(1, 2, 3)) for part in (chips[:, :, :half], chips[:, :, half:])], axis=1)
        return l2_normalise(rows + 1e-3)


@pytest.mark.parametrize(("side", "reason"), [(0, ""), (30, "turned away or cut at the wrong place: cosine ")])
def test_a_face_unlike_its_mirror_image_is_refused(tmp_path: Path, enroller: Enroller, side: int, reason: str) -> None:
    image = paint_picture((1, 60))
    image[60:120, 40 : 40 + side] = 90  # one half of the face is gone
    write_picture(tmp_path / "faces" / "Ada" / "one.png", image)
    fixed = AlsoFinds(EmptyDetector(), (40, 60, 100, 120), 0.9)
    halves = Halves(enroller.recognizer)
    strict = dataclasses.replace(enroller, detector=fixed, recognizer=halves, min_mirror=0.7, max_blur=1.0)
    [outcome] = enroll_folder(strict, tmp_path / "faces").values()
    assert outcome.reason.startswith(reason)
    assert (outcome.verdict is Verdict.TAKEN) == (not reason)


def test_one_photograph_under_two_names_is_refused_with_the_other_name(tmp_path: Path, enroller: Enroller) -> None:
    picture = paint_picture((1, 60))
    write_picture(tmp_path / "faces" / "Ada" / "x.png", picture)
    write_picture(tmp_path / "faces" / "Ada" / "y.webp", picture)
    write_picture(tmp_path / "faces" / "Bea" / "x.bmp", picture)
    outcomes = enroll_folder(enroller, tmp_path / "faces")
    assert outcomes["Ada/y.webp"].verdict is Verdict.TAKEN
    assert outcomes["Bea/x.bmp"].reason.startswith("the same face as Ada: cosine ")


def test_a_second_spelling_of_a_name_is_refused(tmp_path: Path, enroller: Enroller) -> None:
    write_picture(tmp_path / "faces" / "Ada" / "x.png", paint_picture((1, 60)))
    write_picture(tmp_path / "faces" / "ada" / "x.png", paint_picture((2, 60)))
    write_picture(tmp_path / "faces" / "B\u202eea" / "x.png", paint_picture((3, 60)))
    outcomes = enroll_folder(enroller, tmp_path / "faces")
    assert "'Ada' is enrolled" in outcomes["ada/x.png"].reason
    assert "(U+202E)" in outcomes["B\\u202eea/x.png"].reason


def test_a_name_that_means_nobody_is_refused_unless_the_gallery_has_it_already(
    tmp_path: Path, enroller: Enroller
) -> None:
    for number, name in enumerate(("Stranger", "unknown", "unknown-3", "Ada")):
        write_picture(tmp_path / "faces" / name / "x.png", paint_picture((number + 1, 60)))
    write_picture(tmp_path / "old" / "Edda" / "x.png", paint_picture((5, 60)))
    with Gallery(tmp_path / "g.db", create=True) as gallery:
        list(enroller.enroll(tmp_path / "old", gallery))
        gallery.rename("Edda", "unknown")  # as an earlier version took it
        outcomes = {outcome.person: outcome for outcome in enroller.enroll(tmp_path / "faces", gallery)}
        assert {person.name: person.faces for person in gallery.people()} == {"Ada": 1, "unknown": 2}
    assert "expected a person's own name" in outcomes["Stranger"].reason
    assert "expected a person's own name" in outcomes["unknown-3"].reason


def test_a_flat_folder_holds_one_person_a_picture(tmp_path: Path, enroller: Enroller) -> None:
    write_picture(tmp_path / "faces" / "Ada.png", paint_picture((1, 60)))
    write_picture(tmp_path / "faces" / "Bob.gif", paint_picture((2, 60)))
    (tmp_path / "faces" / "@eaDir").mkdir()
    outcomes = enroll_folder(enroller, tmp_path / "faces")
    taken = [outcome.person for outcome in outcomes.values() if outcome.verdict is Verdict.TAKEN]
    assert taken == ["Ada", "Bob"]


def test_every_file_and_person_left_out_gets_a_line(tmp_path: Path, enroller: Enroller) -> None:
    faces = tmp_path / "faces"
    write_picture(faces / "Ada" / "x.png", paint_picture((1, 60)))
    for hidden in ("._x.png", ".thumbnails/x.png", "@eaDir/x.jpg/y.png", "Thumbs.db"):
        (faces / "Ada" / hidden).parent.mkdir(parents=True, exist_ok=True)
        (faces / "Ada" / hidden).write_bytes((faces / "Ada" / "x.png").read_bytes())
    write_picture(faces / "__MACOSX" / "x.png", paint_picture((2, 60)))
    write_picture(faces / "Flo.jpg", paint_picture((3, 60)))
    (faces / "Eva").mkdir()
    (faces / "Eva" / "gone.png").symlink_to("nowhere")
    lines = {source: (outcome.verdict, outcome.reason) for source, outcome in enroll_folder(enroller, faces).items()}
    assert lines == {
        "Ada/x.png": (Verdict.TAKEN, ""),
        "Eva/gone.png": (Verdict.LEFT_OUT, "not a file, or a link to nothing"),
        "Eva": (Verdict.REFUSED, "no picture in this folder"),
        "Flo.jpg": (Verdict.REFUSED, "lies beside the folders of people; move it into one"),
        "": (
            Verdict.LEFT_OUT,
            "5 hidden or system entries left out (._x.png, .thumbnails, @eaDir, Thumbs.db, __MACOSX)",
        ),
    }


def test_a_bad_picture_is_one_refusal_and_never_the_end(tmp_path: Path, enroller: Enroller) -> None:
    faces = tmp_path / "faces"
    write_picture(faces / "a" / "wide.png", np.zeros((1, 40_000, 3), np.uint8))
    write_picture(faces / "a" / "thin.png", np.zeros((2, 30_000, 3), np.uint8))
    write_picture(faces / "a" / "whole.png", paint_picture((1, 60)))
    (faces / "a" / "cut.png").write_bytes((faces / "a" / "whole.png").read_bytes()[:60])
    (faces / os.fsdecode(b"n\xff")).mkdir()
    (faces / os.fsdecode(b"n\xff") / "x.png").write_bytes(b"x")
    write_picture(faces / "z" / "good.png", paint_picture((2, 60)))
    (faces / "z" / "good.png").rename(faces / "z" / os.fsdecode(b"g\xff.png"))
    outcomes = enroll_folder(enroller, faces)
    assert "too long: 40000x1" in outcomes["a/wide.png"].reason
    assert "too small: picture of 30000x2" in outcomes["a/thin.png"].reason
    assert outcomes["a/cut.png"].reason.startswith("unreadable: ")
    assert "not UTF-8" in outcomes["n\\udcff/x.png"].reason
    assert outcomes["z/g\\udcff.png"].verdict is Verdict.TAKEN
    assert msgspec.json.encode(list(outcomes.values()))


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
