"""The calibration command: from pictures to a file that the pipeline reads."""

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from detectors.arrays import Chips, Float32
from glimpse.command.app import main
from recognizer.base import Readings
from recognizer.calibrate import CROP_COUNTS, SIZES_PX, choose_sizes, measure
from recognizer.calibration import load_calibration
from recognizer.family import hash_weights
from recognizer.onnx import load_chip_spec
from recognizer.spec import ChipSpec
from tests.synthetic.networks import paint_person, write_recognizer
from tests.synthetic.recognizers import VectorsOnly


@pytest.fixture
def people(tmp_path: Path) -> Path:
    with zipfile.ZipFile(tmp_path / "people.zip", "w") as archive:
        for person in range(13):
            for number in range(2):
                image = np.full((112, 112, 3), 90, np.uint8)
                paint_person(image, person, (-14 + number, -14, 126 + number, 126))
                archive.writestr(f"p{person}/{number}.png", cv2.imencode(".png", image)[1].tobytes())
    return tmp_path / "people.zip"


def test_the_written_file_loads_and_keeps_the_chip_spec(tmp_path: Path, people: Path) -> None:
    out = tmp_path / "c.yaml"
    out.write_text("# a comment\nchip_spec:\n  size: 16\n")
    model = str(write_recognizer(tmp_path / "r.onnx", size=16))
    arguments = ["--recognizer", model, "--data", str(people), "--out", str(out), "--probes", "9", "--keep"]
    assert main(["calibrate", *arguments]) == 0
    assert main(["calibrate", *arguments]) == 0
    text = out.read_text()
    assert text.startswith("# a comment")
    assert text.count("calibration:") == 1
    assert str(tmp_path) not in text
    assert load_chip_spec(out).size == 16
    calibration = load_calibration(out, "synthetic", weights=hash_weights([Path(model)]))
    assert calibration.data == "people.zip"
    assert calibration.rates == (0.1, 0.01)  # 9 * 12 comparisons show no rarer one
    assert all(len(band.tail) == 2 for band in calibration.bands)
    assert "--probes 9" in calibration.command
    assert calibration.threshold(32, 1, 1e-3) > calibration.threshold(32, 1, 1e-2)


def test_unreadable_input_exits_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = str(write_recognizer(tmp_path / "r.onnx", size=16))
    assert main(["calibrate", "--recognizer", model, "--data", str(tmp_path), "--out", str(tmp_path / "c.yaml")]) == 2
    assert "at least two people" in capsys.readouterr().err
    few = [np.full((112, 112, 3), 90, np.uint8)] * 3
    for person, picture in enumerate(few):
        (tmp_path / "few" / str(person)).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "few" / str(person) / "1.png"), picture)
    out = tmp_path / "few.yaml"
    assert main(["calibrate", "--recognizer", model, "--data", str(tmp_path / "few"), "--out", str(out)]) == 2
    assert "expected at least 11 people, got 3" in capsys.readouterr().err
    assert not out.exists()
    assert main(["calibrate", "--recognizer", "no.onnx", "--data", str(tmp_path), "--out", "c.yaml"]) == 2


class MeanColour(VectorsOnly):
    """A recogniser whose vector is the mean colour of a chip, so that the statistics are known."""

    model_id, dim = "colours", 3

    def spec_for(self, face_px: float) -> ChipSpec:
        return ChipSpec(size=8)

    def embed(self, chips: Chips) -> Float32:
        means = chips.mean(axis=(1, 2)) - 100
        return (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)


def test_a_person_is_not_compared_with_themselves() -> None:
    colours = {"red": (0, 0, 255), "green": (0, 255, 0), "blue": (255, 0, 0)}
    people = {name: [np.full((112, 112, 3), colour, np.uint8)] * 2 for name, colour in colours.items()}
    statistics = measure(MeanColour(), people, probes=3)
    bands = statistics.bands
    assert statistics.lengths == ()
    assert [band.px for band in bands] == [px for px in SIZES_PX for _ in CROP_COUNTS]
    assert {band.looks for band in bands} == {1}  # crops of one colour repeat each other
    a, b = np.array([-100, -100, 155]), np.array([-100, 155, -100])
    stranger = float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))
    for band in bands:
        assert band.mean == pytest.approx(stranger, abs=0.02)
        assert band.tail[-1] < 0.5


class Contrast(MeanColour):
    """As long a feature as the chip has contrast."""

    def read(self, chips: Chips) -> Readings:
        return Readings(self.embed(chips), chips.std(axis=(1, 2, 3)).astype(np.float32))


def test_the_lengths_of_faces_are_measured_at_every_size() -> None:
    random = np.random.default_rng(0)
    people = {str(person): [random.integers(0, 256, (112, 112, 3), np.uint8)] for person in range(4)}
    lengths = measure(Contrast(), people, probes=4).lengths
    assert [band.px for band in lengths] == list(SIZES_PX)
    assert all(0 < band.least <= band.typical for band in lengths)
    assert lengths[0].typical < lengths[-1].typical  # shrinking takes contrast away


class Members:
    """A family whose second member reads faces from 29 px on."""

    def spec_for(self, face_px: float) -> ChipSpec:
        return ChipSpec(size=32 if face_px <= 28 else 64)


def test_both_sides_of_a_step_between_members_are_measured() -> None:
    assert choose_sizes(Members()) == [8, 12, 16, 24, 28, 29, 32, 64, 112]  # type: ignore[arg-type]
