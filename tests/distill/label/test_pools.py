"""Pools: their settings, and the faces that are copied into them."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from distill.config import AdaptSettings, FacesSettings, PoolSettings, Settings, TeacherSettings
from distill.data.prepare import PreparationProgress, load_state, load_usable_rows
from distill.data.store import FaceNote, face_rows, write_array, write_atomic
from distill.errors import DistillError
from distill.label.pools import copy_faces, settings_in_pool
from distill.work_folder import WorkFolder


def write_prepared_faces(work: WorkFolder, usable: list[bool]) -> None:
    """Faces whose pixels and picture's name are their row number."""
    count = len(usable)
    face_rows(work).append(np.broadcast_to(np.arange(count).reshape(-1, 1, 1, 1), (count, 112, 112, 3)))
    write_array(work.usable, np.array(usable))
    notes = [FaceNote("folder", str(row)) for row in range(count)]
    write_atomic(work.prepare_state, msgspec.json.encode(PreparationProgress(notes=notes, done=True)))


def test_a_pool_is_a_work_folder_of_its_own(tmp_path: Path) -> None:
    pools = {"other": PoolSettings(32, (TeacherSettings("other.onnx"),))}
    teachers, adapt = (TeacherSettings("own.onnx"),), AdaptSettings(head="family.npz")
    settings = Settings(str(tmp_path), FacesSettings(()), teachers, {}, adapt=adapt, pools=pools)
    assert settings_in_pool(settings, "") is settings
    other = settings_in_pool(settings, "other")
    assert other.work == str(tmp_path / "pools" / "other")
    assert [teacher.model for teacher in other.teachers] == ["other.onnx"]
    assert other.adapt.head == ""  # other teachers' features do not fit the family's
    with pytest.raises(DistillError, match="pools: no 'third'; known here: other"):
        settings_in_pool(settings, "third")


def test_more_faces_than_are_usable_are_refused(tmp_path: Path) -> None:
    write_array(WorkFolder(tmp_path).usable, np.array([True, False, True]))
    with pytest.raises(DistillError, match="expected at most the 2 usable faces, got 3"):
        copy_faces(WorkFolder(tmp_path), WorkFolder(tmp_path).pool("few"), 3, seed=1)


def test_a_pool_without_teachers_of_its_own_uses_those_of_the_main_folder() -> None:
    teachers = (TeacherSettings("own.onnx"),)
    settings = Settings("work", FacesSettings(()), teachers, {}, pools={"few": PoolSettings(32)})
    assert settings_in_pool(settings, "few").teachers == teachers


def test_without_pools_the_message_says_so() -> None:
    with pytest.raises(DistillError, match="pools: no 'few'; known here: none"):
        settings_in_pool(Settings("work", FacesSettings(()), (), {}), "few")


def test_copied_faces_are_usable_and_keep_their_notes(tmp_path: Path) -> None:
    source, pool = WorkFolder(tmp_path), WorkFolder(tmp_path).pool("few")
    write_prepared_faces(source, [True, False, True, True, True, False])
    copy_faces(source, pool, 3, seed=1)
    rows = [int(note.name) for note in load_state(pool).notes]
    assert rows == sorted(rows)
    assert set(rows) < {0, 2, 3, 4}
    np.testing.assert_array_equal(face_rows(pool).array()[:, 0, 0, 0], rows)
    assert load_usable_rows(pool).tolist() == [0, 1, 2]


def test_a_filled_pool_is_left_alone(tmp_path: Path) -> None:
    source, pool = WorkFolder(tmp_path), WorkFolder(tmp_path).pool("few")
    write_prepared_faces(source, [True] * 4)
    copy_faces(source, pool, 2, seed=1)
    copy_faces(source, pool, 4, seed=2)
    assert len(face_rows(pool)) == 2


def test_an_interrupted_copy_starts_again(tmp_path: Path) -> None:
    source, pool = WorkFolder(tmp_path), WorkFolder(tmp_path).pool("few")
    write_prepared_faces(source, [True] * 4)
    face_rows(pool).append(np.full((2, 112, 112, 3), 9))  # there is no state yet
    copy_faces(source, pool, 4, seed=1)
    np.testing.assert_array_equal(face_rows(pool).array()[:, 0, 0, 0], range(4))


def test_test_features_are_shared_with_the_main_folder(tmp_path: Path) -> None:
    source, pool = WorkFolder(tmp_path), WorkFolder(tmp_path).pool("few")
    write_prepared_faces(source, [True] * 2)
    copy_faces(source, pool, 1, seed=1)
    assert pool.test_features.is_symlink()
    assert pool.test_features.samefile(source.test_features)
