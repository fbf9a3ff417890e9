"""From folders and zips to the store: what is kept, what is refused and why, and who is left out."""

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from detectors.runtime import Runtime
from distill.config import ExcludeSettings, FacesSettings, SourceSettings
from distill.data.align import Aligner
from distill.data.people import assign_classes, normalise_name, person_from_path
from distill.data.prepare import load_state, prepare
from distill.data.sources import read_pictures
from distill.data.store import FaceNote, RowFile, face_rows
from distill.errors import DistillError
from distill.metrics.lfw import read_faces, read_pairs
from distill.progress import Log, read_log
from distill.teacher.exclude import exclude_test_people, max_similarity
from distill.teacher.model import Ensemble, Teacher
from distill.work_folder import WorkFolder
from recognizer.onnx import read_chip_spec
from tests.synthetic.distill_world import painted
from tests.synthetic.networks import paint_person, write_detector, write_recognizer


def png(image: np.ndarray) -> bytes:
    return cv2.imencode(".png", image)[1].tobytes()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A zip with two good faces, one name twice, a torn picture, a flat one, a wide one and a text."""
    rng = np.random.default_rng(0)
    path = tmp_path / "mixed.zip"
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("a/one.png", png(painted(0, rng)))
        with pytest.warns(UserWarning, match="Duplicate name"):
            zipped.writestr("a/one.png", png(painted(1, rng)))
        zipped.writestr("a/torn.png", b"not a picture")
        zipped.writestr("a/empty.jpg", b"")
        zipped.writestr("a/flat.png", png(np.full((112, 112, 3), 90, np.uint8)))
        zipped.writestr("a/wide.png", png(np.zeros((50, 112, 3), np.uint8)))
        zipped.writestr("a/small.png", png(cv2.resize(painted(2, rng), (60, 60))))
        zipped.writestr("readme.txt", "no picture")
    return path


def test_a_damaged_entry_of_a_zip_is_one_unreadable_picture(archive: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive) as zipped:
        entry = zipped.getinfo("a/small.png")
    data = bytearray(archive.read_bytes())
    data[entry.header_offset + 200] ^= 255  # inside the picture: its checksum no longer holds
    archive.write_bytes(data)
    found = {picture.name: picture for picture in read_pictures(archive)}
    assert found["a/small.png"].decode() is None
    assert found["a/flat.png"].decode() is not None


def test_what_is_no_source_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("no zip")
    for name, message in (("text.txt", "expected a folder or a zip of pictures"), ("none", "no such folder or zip")):
        with pytest.raises(DistillError, match=f"{name}: {message}"):
            list(read_pictures(tmp_path / name))


def test_no_faces_at_all_are_no_end(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DistillError, match=r"faces.sources: expected faces, found none; refused: nothing"):
        prepare(
            FacesSettings((SourceSettings(str(tmp_path / "empty")),)), WorkFolder(tmp_path / "w"), Log(tmp_path / "log")
        )


def test_a_folder_of_other_sources_is_refused(archive: Path, tmp_path: Path) -> None:
    settings = FacesSettings((SourceSettings(str(archive), "folder"),))
    log = Log(tmp_path / "log.jsonl")
    prepare(settings, WorkFolder(tmp_path / "work"), log)
    moved = tmp_path / "elsewhere" / archive.name
    moved.parent.mkdir()
    archive.rename(moved)
    prepare(
        FacesSettings((SourceSettings(str(moved), "folder"),)), WorkFolder(tmp_path / "work"), log
    )  # only lies elsewhere
    with pytest.raises(DistillError, match=r"faces.limit: .* was made with 0, got 5; name another `work`"):
        prepare(FacesSettings((SourceSettings(str(moved), "folder"),), limit=5), WorkFolder(tmp_path / "work"), log)


def test_zips_are_read_by_position_so_a_name_may_stand_twice(archive: Path) -> None:
    found = [picture for picture in read_pictures(archive) if picture.name == "a/one.png"]
    assert len(found) == 2
    assert found[0].data != found[1].data


def test_preparing_keeps_faces_and_counts_what_it_refuses(archive: Path, tmp_path: Path) -> None:
    settings = FacesSettings((SourceSettings(str(archive), "folder"),))
    prepare(settings, WorkFolder(tmp_path / "work"), Log(tmp_path / "log.jsonl"))
    state = load_state(WorkFolder(tmp_path / "work"))
    assert [note.name for note in state.notes] == ["a/one.png", "a/one.png", "a/small.png"]
    assert state.refused == {"unreadable": 2, "flat": 1, "not square": 1}
    assert face_rows(WorkFolder(tmp_path / "work")).array().shape == (3, 112, 112, 3)
    assert read_log(tmp_path / "log.jsonl")[0]["faces"] == 3


def test_an_interrupted_preparation_goes_on_and_ends_the_same(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = FacesSettings((SourceSettings(str(archive)), SourceSettings(str(archive))))
    prepare(settings, WorkFolder(tmp_path / "whole"), Log(tmp_path / "log.jsonl"))
    monkeypatch.setattr("distill.data.prepare.CHUNK", 2)
    appended = RowFile.append

    def torn(rows: RowFile, new: np.ndarray) -> None:
        appended(rows, new)
        if len(rows) >= 4:
            raise KeyboardInterrupt  # pixels are written, their state is not

    with monkeypatch.context() as patch:
        patch.setattr(RowFile, "append", torn)
        with pytest.raises(KeyboardInterrupt):
            prepare(settings, WorkFolder(tmp_path / "torn"), Log(tmp_path / "log.jsonl"))
    prepare(settings, WorkFolder(tmp_path / "torn"), Log(tmp_path / "log.jsonl"))
    assert load_state(WorkFolder(tmp_path / "torn")).notes == load_state(WorkFolder(tmp_path / "whole")).notes
    assert np.array_equal(
        face_rows(WorkFolder(tmp_path / "torn")).array(), face_rows(WorkFolder(tmp_path / "whole")).array()
    )


def test_a_limit_counts_faces_of_each_source(archive: Path, tmp_path: Path) -> None:
    sources = (SourceSettings(str(archive)), SourceSettings(str(archive)))
    prepare(FacesSettings(sources, limit=1), WorkFolder(tmp_path / "work"), Log(tmp_path / "log.jsonl"))
    assert len(load_state(WorkFolder(tmp_path / "work")).notes) == 2


def test_whole_photographs_are_searched_and_aligned(tmp_path: Path) -> None:
    photograph = np.full((320, 320, 3), 40, np.uint8)
    paint_person(photograph, 3, (60, 80, 140, 160))
    (tmp_path / "photos").mkdir()
    cv2.imwrite(str(tmp_path / "photos" / "group.png"), photograph)
    cv2.imwrite(str(tmp_path / "photos" / "nobody.png"), np.full((320, 320, 3), 40, np.uint8))
    detector = write_detector(tmp_path / "detector.onnx")
    source = SourceSettings(str(tmp_path / "photos"), aligned=False)
    prepare(FacesSettings((source,), str(detector)), WorkFolder(tmp_path / "work"), Log(tmp_path / "log.jsonl"))
    assert load_state(WorkFolder(tmp_path / "work")).refused == {"no face found": 1}
    (found,) = face_rows(WorkFolder(tmp_path / "work")).array()
    wanted = np.zeros((112, 112, 3), np.uint8)
    paint_person(wanted, 3, (-14, -14, 126, 126))
    assert np.abs(found.astype(int) - wanted).mean() < 12


def test_photographs_without_a_detector_say_what_is_missing() -> None:
    with pytest.raises(DistillError, match=r"faces\.detector: expected a detector"):
        Aligner("").align(np.zeros((64, 64, 3), np.uint8))


def test_people_come_from_folders_or_names() -> None:
    assert person_from_path("celebs", "Barack_Obama/1.webp", "folder") == "celebs/Barack_Obama"
    assert person_from_path("mps", "mps/Noël-Abbé_2.webp", "name") == "mps/noel abbe"
    assert person_from_path("flat", "1.webp", "folder") == ""
    assert person_from_path("any", "x/1.webp", "none") == ""
    assert normalise_name("Ségolène_Royal_0001") == "segolene royal"


def test_classes_are_people_with_two_usable_faces() -> None:
    notes = [FaceNote("s", "", person) for person in ("s/b", "s/a", "s/b", "s/a", "s/c", "")]
    assert assign_classes(notes, np.ones(6, bool)).tolist() == [1, 0, 1, 0, -1, -1]
    assert assign_classes(notes, np.array([0, 1, 1, 1, 1, 1], bool)).tolist() == [-1, 0, -1, 0, -1, -1]


def test_test_people_are_left_out_by_name_and_by_likeness(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    (tmp_path / "test" / "Ann_Lee").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "test" / "Ann_Lee" / "Ann_Lee_0001.png"), painted(0, rng))
    rows = face_rows(WorkFolder(tmp_path / "work"))
    rows.append(np.stack([painted(person, rng) for person in (5, 0, 6)]))
    notes = [FaceNote("s", "1.png", "s/ann lee"), FaceNote("s", "2.png"), FaceNote("s", "3.png", "s/bo")]
    model = write_recognizer(tmp_path / "teacher.onnx", size=32)
    teacher = Ensemble([Teacher(model, read_chip_spec(model), Runtime())], [1.0])
    settings = ExcludeSettings(images=str(tmp_path / "test"), similarity=0.8)
    log = Log(tmp_path / "log.jsonl")
    usable = exclude_test_people(settings, WorkFolder(tmp_path / "work"), teacher, notes, log)
    assert usable.tolist() == [False, False, True]
    assert read_log(tmp_path / "log.jsonl")[0] | {"time": 0} == {
        "stage": "exclude",
        "time": 0,
        "by_name": 1,
        "by_similarity": 1,
        "dropped": {"s": 2},
    }


def test_nearest_looks_at_every_test_face() -> None:
    rows = np.eye(3, dtype=np.float16)
    assert max_similarity(rows, np.eye(3, dtype=np.float32)[:2], chunk=2).tolist() == [1, 1, 0]


def test_pairs_that_are_not_there_are_named(toy: Path, tmp_path: Path) -> None:
    faces = read_faces(toy / "test")
    assert len(set(faces.people)) == 8
    assert len(read_pairs(toy / "pairs.txt", faces).same) == 160
    (tmp_path / "pairs.txt").write_text("1 1\nNobody\t1\t2\nNobody\t1\tSomebody\t1\n")
    with pytest.raises(DistillError, match="no face Nobody_0001"):
        read_pairs(tmp_path / "pairs.txt", faces)
    (tmp_path / "pairs.txt").write_text("1 1\nPerson_Q\t1\t2\n")
    with pytest.raises(DistillError, match="expected 2 pairs, got 1"):
        read_pairs(tmp_path / "pairs.txt", faces)


def test_rows_of_another_shape_are_refused(tmp_path: Path) -> None:
    rows = RowFile(tmp_path / "rows.raw", np.float16, (4,))
    rows.append(np.ones((3, 4)))
    with pytest.raises(ValueError, match=r"expected rows \(4,\), got \(5,\)"):
        rows.append(np.ones((1, 5)))
    with (tmp_path / "rows.raw").open("ab") as file:
        file.write(b"half")  # a torn row
    assert len(rows) == 3
    rows.truncate(2)
    assert rows.array().shape == (2, 4)
    with pytest.raises(ValueError, match="expected at least 9 rows, got 2"):
        rows.truncate(9)
