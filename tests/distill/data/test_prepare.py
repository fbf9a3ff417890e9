"""From folders and zips to the store: what is kept, what is refused and why, and who is left out."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from distill.config import FacesSettings, SourceSettings
from distill.data.prepare import load_state, prepare
from distill.data.store import RowFile, face_rows
from distill.errors import DistillError
from distill.progress import Log, read_log
from distill.work_folder import WorkFolder
from tests.synthetic.networks import paint_person, write_detector


def test_no_faces_at_all_are_no_end(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DistillError, match=r"faces.sources: expected faces in .*, found none; refused: nothing"):
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
