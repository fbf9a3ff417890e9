"""The gallery of the library: enrol, change, ask who somebody is."""

import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

import glimpse
from pipeline.settings.types import TrackingSettings
from pipeline.tracks.crops import cut_crop
from pipeline.tracks.matcher import GalleryMatcher
from pipeline.tracks.track import TrackState
from pipeline.types import Frame, Track
from recognizer.base import State
from recognizer.decide import DecisionRule
from recognizer.gallery.store import Gallery as Store
from recognizer.gallery.watched import WatchedGallery
from tests.synthetic.networks import write_detector, write_recognizer
from tests.synthetic.portraits import FACES, KNOWN, STRANGER, group, nothing, portrait, write_group

TAKEN, KNOWN_ALREADY, REFUSED = glimpse.Verdict.TAKEN, glimpse.Verdict.KNOWN, glimpse.Verdict.REFUSED


@pytest.fixture
def people(tmp_path: Path) -> glimpse.Gallery:
    """Ada, Ben and Cleo."""
    gallery = glimpse.Gallery(tmp_path / "people.db")
    for name in KNOWN:
        assert [outcome.verdict for outcome in gallery.enroll(name, FACES / f"{name}.jpg")] == [TAKEN]
    return gallery


def names(gallery: glimpse.Gallery) -> list[str]:
    return [person.name for person in gallery.people]


def test_the_very_picture_that_was_enrolled_is_recognised_and_a_stranger_is_not(people: glimpse.Gallery) -> None:
    for name in KNOWN:
        found = people.identify(FACES / f"{name}.jpg")
        assert found.name == name
        assert found
        assert found.score > 0.85 > found.threshold
        assert found.confidence > 0.999
        assert found.candidates[0].name == name
        assert str(found).startswith(f"{name} (score ")
    stranger = people.identify(FACES / f"{STRANGER}.jpg")
    assert stranger.name is None
    assert not stranger
    assert stranger.state is State.UNKNOWN
    assert str(stranger).startswith("unknown (nearest score")
    assert len(stranger.candidates) == 3


def test_everybody_in_a_group_is_judged_alone(people: glimpse.Gallery) -> None:
    faces = sorted(glimpse.find(group("Ben", STRANGER, "Ada")), key=lambda face: face.box[0])
    assert [people.identify(face).name for face in faces] == ["Ben", None, "Ada"]


def test_a_face_is_judged_as_the_pipeline_judges_a_track_of_one_crop(people: glimpse.Gallery) -> None:
    models, picture = people.models, portrait("Ada", 48)
    found = models.detector.detect(picture)
    assert found.landmarks is not None
    snapshot = Track("cam", 1, found.boxes[0], float(found.scores[0]), found.landmarks[0], 0.0)
    track = TrackState(snapshot, Frame("cam", 0, 0.0, 0.0, 0.0, picture))
    crop = cut_crop(track, picture, models.recognizer.inner)
    assert crop
    readings = models.recognizer.inner.read(crop.chip[None])
    decider = models.decider
    with closing(WatchedGallery(people.path)) as store:
        matcher = GalleryMatcher(
            store,
            decider.model_id,
            rule=DecisionRule(min_effective=1.0),
            calibration=decider.calibration,
            cohort=decider.cohort,
        )
        weight = crop.weight * matcher.length_weight(float(readings.lengths[0]), crop.face_px)
        track.evidence.add(readings.vectors[0], weight=weight, face_px=crop.face_px, time=0.0)
        decision = matcher.decide(track.evidence, None)
    judged = people.identify(picture)
    assert (judged.name, judged.state) == (decision.person, decision.state)
    figures = (decision.score, decision.threshold, decision.margin, 1 - decision.false_alarm)
    np.testing.assert_allclose((judged.score, judged.threshold, judged.margin, judged.confidence), figures, atol=1e-3)
    assert TrackingSettings().min_frames > 1  # what the still engine does without


def test_pictures_in_every_form_are_enrolled_and_each_has_its_outcome(tmp_path: Path) -> None:
    gallery = glimpse.Gallery(tmp_path / "people.db")
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    array = portrait("Ada", 200)
    bytes_of = cv2.imencode(".png", portrait("Ada", 180))[1].tobytes()
    pictures = [FACES / "Ada.jpg", array, Image.open(FACES / "Ada.jpg"), bytes_of, nothing(), group("Ada", "Ben")]
    outcomes = gallery.enroll("Ada", pictures, array, str(tmp_path / "broken.jpg"))
    assert [outcome.verdict for outcome in outcomes] == [
        TAKEN,
        TAKEN,
        TAKEN,
        TAKEN,
        REFUSED,
        REFUSED,
        KNOWN_ALREADY,
        REFUSED,
    ]
    assert [outcome.reason.split(":")[0] for outcome in outcomes if outcome.verdict is REFUSED] == [
        "no face",
        "two faces",
        "unreadable",
    ]
    assert outcomes[0].face_px == pytest.approx(107, abs=3)
    assert [person.faces for person in gallery.people] == [4]


@pytest.mark.parametrize(
    ("name", "pictures", "error", "says"),
    [
        ("Ada", ["none.jpg"], FileNotFoundError, "no such file"),
        ("Ada", [FACES], glimpse.PictureError, "enroll_folder takes those"),
        ("Ada", [np.zeros((9, 9, 3), np.float64)], glimpse.PictureError, "got float64"),
        ("Ada", [], glimpse.PictureError, "at least one picture"),
        ("", [FACES / "Ada.jpg"], glimpse.GalleryError, "expected a name"),
        ("a\u202eb", [FACES / "Ada.jpg"], glimpse.GalleryError, "invisible"),
    ],
)
def test_a_call_that_cannot_be_meant_enrols_nobody(
    tmp_path: Path, name: str, pictures: list[glimpse.Picture], error: type[Exception], says: str
) -> None:
    gallery = glimpse.Gallery(tmp_path / "people.db")
    with pytest.raises(error, match=says):
        gallery.enroll(name, FACES / "Ben.jpg", *pictures) if pictures else gallery.enroll(name)
    assert gallery.people == []


def test_pictures_may_come_from_a_generator(tmp_path: Path) -> None:
    gallery = glimpse.Gallery(tmp_path / "people.db")
    outcomes = gallery.enroll("Ada", FACES.glob("Ada.jpg"), (portrait("Ada", side) for side in (200, 180)))
    assert [outcome.verdict for outcome in outcomes] == [TAKEN] * 3
    with pytest.raises(glimpse.PictureError, match="got int"):
        gallery.enroll("Ada", 5)  # type: ignore[arg-type]


def test_a_name_that_a_reader_takes_for_another_is_refused(people: glimpse.Gallery) -> None:
    with pytest.raises(glimpse.GalleryError, match="differ only by case"):
        people.enroll("ADA", portrait("Ada", 220))


def test_a_picture_of_another_person_is_refused_with_the_reason(people: glimpse.Gallery) -> None:
    (outcome,) = people.enroll("Zoe", portrait("Ada", 230))
    assert outcome.verdict is REFUSED
    assert "the same face as Ada" in outcome.reason


def test_a_folder_is_enrolled_as_by_the_command(tmp_path: Path) -> None:
    folder = tmp_path / "faces"
    folder.mkdir()
    for name in KNOWN:
        (folder / f"{name}.jpg").write_bytes((FACES / f"{name}.jpg").read_bytes())
    gallery = glimpse.Gallery(tmp_path / "people.db")
    assert [outcome.person for outcome in gallery.enroll_folder(folder)] == list(KNOWN)
    assert names(gallery) == list(KNOWN)
    assert "Ada" in gallery
    assert "Eve" not in gallery
    assert len(gallery) == 3
    (tmp_path / "empty").mkdir()
    with pytest.raises(glimpse.GalleryError, match="expected one folder per person"):
        list(gallery.enroll_folder(tmp_path / "empty"))


def test_people_are_renamed_merged_and_erased(people: glimpse.Gallery) -> None:
    people.rename("Ada", "Ada Lovelace")
    assert people.identify(FACES / "Ada.jpg").name == "Ada Lovelace"
    assert people.merge("Ben", into="Cleo") == 1
    assert people.identify(FACES / "Ben.jpg").name == "Cleo"
    assert people.erase("Cleo") == 2
    assert names(people) == ["Ada Lovelace"]
    assert people.identify(FACES / "Ben.jpg").name is None


def test_one_picture_is_looked_at_and_removed(people: glimpse.Gallery) -> None:
    people.enroll("Ada", portrait("Ada", 200))
    file, pixels = people.pictures("Ada")
    assert file.source == "Ada.jpg"
    assert file.chip is not None
    assert file.chip.shape == (112, 112, 3)
    people.remove("Ada", pixels.sha256[:12])
    assert [picture.source for picture in people.pictures("Ada")] == ["Ada.jpg"]
    with pytest.raises(glimpse.GalleryError, match="only picture"):
        people.remove("Ada", "Ada.jpg")


def test_somebody_who_is_not_enrolled_is_said_so_with_the_nearest_name(people: glimpse.Gallery) -> None:
    calls = [
        lambda: people.rename("Adda", "x"),
        lambda: people.erase("Adda"),
        lambda: people.remove("Adda", "x.jpg"),
        lambda: people.pictures("Adda"),
        lambda: people.merge("Ada", into="Adda"),
        lambda: people.merge("Adda", into="Ada"),
    ]
    for call in calls:
        with pytest.raises(glimpse.PersonMissingError, match=r"'Adda': not enrolled in .*; did you mean 'Ada'"):
            call()


def test_everybody_is_exported_and_imported_elsewhere(people: glimpse.Gallery, tmp_path: Path) -> None:
    assert people.export(tmp_path / "people.jsonl") == 3
    other = glimpse.Gallery(tmp_path / "other.db")
    for added, known in ((3, 0), (0, 3)):
        done = other.import_(tmp_path / "people.jsonl")
        assert (done.added, done.known, done.refused) == (added, known, [])
    assert other.identify(FACES / "Ada.jpg").name == "Ada"
    (tmp_path / "bad.jsonl").write_text("nothing")
    with pytest.raises(glimpse.GalleryError, match=r"import bad\.jsonl"):
        other.import_(tmp_path / "bad.jsonl")
    with pytest.raises(FileNotFoundError, match=r"none\.jsonl"):
        other.import_(tmp_path / "none.jsonl")


def test_a_gallery_without_a_file_holds_nobody_and_makes_none_until_somebody_is_enrolled(tmp_path: Path) -> None:
    gallery = glimpse.Gallery(tmp_path / "people.db")
    found = gallery.identify(FACES / "Ada.jpg")
    assert (found.name, found.reason, found.candidates) == (None, "nobody is enrolled", ())
    assert gallery.people == []
    assert not gallery.path.exists()
    with pytest.raises(glimpse.GalleryMissingError, match="no such file"):
        gallery.erase("Ada")
    with pytest.raises(FileNotFoundError, match=r"people\.db: no such file"):
        glimpse.Gallery(tmp_path / "people.db", create=False)
    with pytest.raises(FileNotFoundError, match="no such folder"):
        glimpse.Gallery(tmp_path / "none" / "people.db")


def test_a_file_that_is_no_gallery_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database" * 100)
    with pytest.raises(glimpse.GalleryError, match=r"x\.db: not a gallery or damaged"):
        glimpse.Gallery(tmp_path / "x.db")


def test_a_gallery_of_another_model_is_refused_with_the_way_out(people: glimpse.Gallery, tmp_path: Path) -> None:
    models = glimpse.Models(recognizer=glimpse.Recognizer(write_recognizer(tmp_path / "r.onnx")))
    other = glimpse.Gallery(people.path, models=models)
    with pytest.raises(glimpse.GalleryError, match="vectors of another model; read its pictures again"):
        other.identify(FACES / "Ada.jpg")
    with pytest.raises(glimpse.GalleryError, match="vectors of another model"):
        other.enroll("Dan", FACES / "Dan.jpg")


def test_changes_by_others_and_another_file_in_its_place_are_seen(people: glimpse.Gallery, tmp_path: Path) -> None:
    assert people.identify(FACES / "Ada.jpg").name == "Ada"
    with Store(people.path) as store:
        store.rename("Ada", "Eve")
    assert people.identify(FACES / "Ada.jpg").name == "Eve"
    other = glimpse.Gallery(tmp_path / "other.db")
    other.enroll("Zoe", FACES / "Ada.jpg")
    other.path.replace(people.path)
    assert people.identify(FACES / "Ada.jpg").name == "Zoe"


def test_an_unchanged_gallery_is_read_once(people: glimpse.Gallery) -> None:
    assert people.index() is people.index()


def test_threads_may_share_a_gallery(people: glimpse.Gallery) -> None:
    faces = {name: glimpse.find(FACES / f"{name}.jpg")[0] for name in KNOWN}
    found: dict[str, str | None] = {}
    threads = [
        threading.Thread(target=lambda name=name: found.update({name: people.identify(faces[name]).name}))
        for name in KNOWN
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {name: name for name in KNOWN}


def test_a_picture_without_one_clear_face_is_not_identified(people: glimpse.Gallery, tmp_path: Path) -> None:
    with pytest.raises(glimpse.PictureError, match="found none"):
        people.identify(nothing())
    with pytest.raises(glimpse.PictureError, match="found 2"):
        people.identify(write_group(tmp_path / "two.png", "Ada", "Ben"))


def test_other_models_work_alike(tmp_path: Path) -> None:
    from tests.synthetic.photos import write_photo

    models = glimpse.Models(
        glimpse.Detector(write_detector(tmp_path / "d.onnx")), glimpse.Recognizer(write_recognizer(tmp_path / "r.onnx"))
    )
    gallery = glimpse.Gallery(tmp_path / "people.db", models=models)
    for number, name in enumerate(("Ada", "Grace")):
        write_photo(tmp_path / name / "sharp.png", number)
        (outcome,) = gallery.enroll(name, tmp_path / name / "sharp.png")
        assert outcome.verdict is TAKEN, outcome
    assert gallery.identify(tmp_path / "Ada" / "sharp.png").name == "Ada"


@pytest.mark.parametrize("way", ["face", "number", "box"])
def test_the_face_that_is_meant_is_enrolled_from_a_group(tmp_path: Path, way: str) -> None:
    picture = group("Ada", "Hedy", "Ben")
    faces = glimpse.find(picture)
    number = max(range(len(faces)), key=lambda row: faces[row].box[0])
    ways: dict[str, Any] = {"face": faces[number], "number": number, "box": faces[number].box}
    people = glimpse.Gallery(tmp_path / "people.db")
    [outcome] = people.enroll("Ben", picture, face=ways[way])
    assert outcome.verdict == glimpse.Verdict.TAKEN
    assert people.identify(portrait("Ben")).name == "Ben"
    assert not people.identify(portrait("Ada"))


def test_two_people_are_enrolled_from_one_file(tmp_path: Path) -> None:
    path = write_group(tmp_path / "group.png", "Ada", "Ben")
    people = glimpse.Gallery(tmp_path / "people.db")
    for name, face in zip(("Ada", "Ben"), sorted(glimpse.find(path), key=lambda face: face.box[0]), strict=True):
        assert [outcome.verdict for outcome in people.enroll(name, path, face=face)] == [glimpse.Verdict.TAKEN]
        assert [outcome.verdict for outcome in people.enroll(name, path, face=face)] == [glimpse.Verdict.KNOWN]
    assert people.identify(portrait("Ada")).name == "Ada"
    assert people.identify(portrait("Ben")).name == "Ben"


def test_a_group_is_refused_with_the_boxes_to_choose_from(tmp_path: Path) -> None:
    people = glimpse.Gallery(tmp_path / "people.db")
    [outcome] = people.enroll("Ada", group("Ada", "Ben"))
    assert outcome.reason.startswith("two faces: ambiguous")
    assert "give face= one of the boxes (" in outcome.reason
    [taken] = people.enroll("Ada", group("Ada", "Ben"), face=outcome.boxes[0])
    assert taken.verdict == glimpse.Verdict.TAKEN


@pytest.mark.parametrize(
    ("face", "message"),
    [
        (2, r"face: expected one of 2 faces \(0: \d+ px at \d+,\d+; 1: .*\), got 2"),
        (-1, "got -1"),
        ((1, 2, 3), "a box x0, y0, x1, y1"),
        ((0, 0, float("nan"), 9), "a box x0, y0, x1, y1"),
    ],
)
def test_a_face_that_is_not_there_is_an_error(face: Any, message: str, tmp_path: Path) -> None:
    people = glimpse.Gallery(tmp_path / "people.db")
    with pytest.raises(glimpse.PictureError, match=message):
        people.enroll("Ada", group("Ada", "Ben"), face=face)
    with pytest.raises(glimpse.PictureError, match="exactly one picture"):
        people.enroll("Ada", portrait("Ada"), portrait("Ada"), face=0)
    assert len(people) == 0


def test_a_box_without_a_face_is_refused(tmp_path: Path) -> None:
    [outcome] = glimpse.Gallery(tmp_path / "people.db").enroll("Ada", group("Ada", "Ben"), face=(0, 0, 9, 9))
    assert (outcome.verdict, outcome.reason) == (glimpse.Verdict.REFUSED, "no face")
