"""The command that makes a cohort, and how a family uses it."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from detectors.runtime import Runtime
from recognizer import load
from recognizer.cohort import SAME_PERSON_COSINE, are_apart, average_look_alikes, draw_faces, main
from recognizer.load import load_recognizer, open_scoring, shipped_cohort
from recognizer.normalisation import load_cohort
from recognizer.preprocess import l2_normalise
from tests.synthetic.networks import paint_person, write_recognizer


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    folder = tmp_path / "faces"
    folder.mkdir()
    for person in range(12):
        image = np.full((112, 112, 3), 90, np.uint8)
        paint_person(image, person, (-14, -14, 126, 126))
        cv2.imwrite(str(folder / f"{person:02}.png"), image)
    return folder


def test_a_family_uses_the_cohort_of_its_weights_where_the_calibration_was_measured_with_it(
    tmp_path: Path, faces: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "WEIGHTS", tmp_path)
    write_recognizer(tmp_path / "glimpse_s16.onnx")
    tiny = load_recognizer("tiny", runtime=Runtime())
    assert shipped_cohort(tiny, model="tiny") is None
    out = tmp_path / "cohort_tiny.npz"
    assert main(["--recognizer", "tiny", "--data", str(faces), "--real", "--count", "12", "--out", str(out)]) == 0
    cohort = shipped_cohort(tiny, model="embedded")
    assert cohort is not None
    assert cohort.digest == load_cohort(out).digest
    assert open_scoring(tiny, model="tiny").cohort is None  # no calibration speaks of it
    write_recognizer(tmp_path / "glimpse_s16.onnx", model_id="another")
    with pytest.raises(ValueError, match=r"cohort .* other weights .*python -m recognizer\.cohort --recognizer tiny"):
        shipped_cohort(load_recognizer("tiny", runtime=Runtime()), model="tiny")


def test_templates_are_means_of_two_people_who_look_alike() -> None:
    vectors = l2_normalise(np.array([[1, 0, 0.9, 0], [0, 1, 0, 0.9], [1, 0, -0.9, 0], [0, 1, 0, -0.9]], np.float32))
    means = average_look_alikes(vectors, np.arange(4))
    assert np.allclose(means, [[1, 0, 0, 0], [0, 1, 0, 0]], atol=1e-6)
    assert len(average_look_alikes(vectors[:3], np.arange(3))) == 1
    assert average_look_alikes(vectors[:1], np.arange(1)).shape == (0, 4)


def test_no_template_is_the_mean_of_two_pictures_of_one_person() -> None:
    rows = np.random.default_rng(0).normal(size=(40, 8)).astype(np.float32)
    people = np.arange(40) // 2  # told by the folders
    told = l2_normalise(rows)
    told[1::2] = l2_normalise(told[::2] + 0.9 * told[1::2])
    for mean in average_look_alikes(told, people):
        first, second = np.argsort(told @ mean)[-2:]
        assert people[first] != people[second]
    untold = l2_normalise(rows[:2] * [[1], [0]] + rows[0])  # the same picture twice
    assert float(untold[0] @ untold[1]) > SAME_PERSON_COSINE
    assert len(average_look_alikes(untold, np.arange(2))) == 0


def test_sources_give_faces_in_proportion_to_their_size_and_the_same_each_time(tmp_path: Path, faces: Path) -> None:
    few = tmp_path / "few"
    few.mkdir()
    for number in range(4):
        cv2.imwrite(str(few / f"{number}.png"), np.full((112, 112, 3), 255, np.uint8))
    drawn = draw_faces([faces, few], 8)
    assert sum(int(face.min()) == 255 for face in drawn.faces) in (1, 2)
    assert len(set(drawn.people.tolist())) == len(drawn.faces)
    again = draw_faces([faces, few], 8)
    assert all(np.array_equal(one, other) for one, other in zip(drawn.faces, again.faces, strict=True))


def test_a_folder_is_one_person_where_that_is_said(tmp_path: Path) -> None:
    for name in ("ann/1", "ann/2", "bob/1"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.full((8, 8, 3), ord(name[0]), np.uint8))
    drawn = draw_faces([tmp_path], 3, named=True)
    by_person: dict[int, set[str]] = {int(person): set() for person in drawn.people}
    for face, person in zip(drawn.faces, drawn.people, strict=True):
        by_person[int(person)].add(chr(int(face[0, 0, 0])))
    assert sorted(map(sorted, by_person.values())) == [["a"], ["b"]]


def test_faces_that_resemble_the_people_to_keep_apart_from_are_told() -> None:
    vectors = np.eye(3, dtype=np.float32)
    people = np.array([[0, 0.8, 0.6]], np.float32)
    assert are_apart(vectors, people).tolist() == [True, False, False]


def test_too_few_faces_exit_with_2(tmp_path: Path, faces: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = str(write_recognizer(tmp_path / "r.onnx"))
    arguments = ["--recognizer", model, "--data", str(faces), "--out", str(tmp_path / "c.npz")]
    assert main([*arguments, "--count", "3"]) == 2
    assert "ten or more" in capsys.readouterr().err
