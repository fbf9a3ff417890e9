"""What a student is fitted to."""

from pathlib import Path

import numpy as np
import pytest

from detectors.arrays import Float32
from detectors.runtime import Runtime
from distill.site.camera import Camera
from distill.site.last_layer import LastLayer
from distill.site.split import Limits
from distill.site.views import CHUNK, Amount, ViewMaker, Views, fill, near_vector
from distill.site.visitors import Visitor
from recognizer.base import Recognizer
from recognizer.load import load_recognizer
from recognizer.onnx import read_chip_spec
from tests.synthetic.made_site import make_visitors, write_family

LIMITS, AMOUNT = Limits(48.0, 18.0), Amount(mixed=40, views=3)


def family(folder: Path) -> tuple[Recognizer, LastLayer]:
    own = write_family(folder / "own")
    small = own / "own16.onnx"
    return load_recognizer(own, runtime=Runtime()), LastLayer(small.read_bytes(), read_chip_spec(small))


def make(folder: Path, visitors: list[Visitor]) -> Views:
    recognizer, layer = family(folder)
    spec = read_chip_spec(folder / "own" / "own16.onnx")
    maker = ViewMaker(visitors, LIMITS, spec, [Camera(0.6, 4.0, 26)], seed=1)
    return maker.make(folder / "work", recognizer, layer, AMOUNT)


def test_views_and_their_targets_belong_together(tmp_path: Path) -> None:
    views = make(tmp_path, make_visitors(6, noise=5.0))
    assert views.made.shape == views.kept.shape == (120, 256)
    assert views.made_targets.shape == (120, 32)
    assert (views.made_targets[0] == views.made_targets[2]).all()  # three views of one face
    assert views.real.shape == (24, 256)
    np.testing.assert_allclose(np.linalg.norm(views.real_targets, axis=1), 1, atol=1e-5)
    outputs = views.kept @ family(tmp_path / "again")[1].weight.T
    outputs /= np.linalg.norm(outputs, axis=1, keepdims=True)
    own = (outputs * views.made_targets).sum(axis=1).mean()
    assert own > (outputs * np.roll(views.made_targets, 60, axis=0)).sum(axis=1).mean() + 0.2


def test_they_are_the_same_each_time_and_after_an_interruption(tmp_path: Path) -> None:
    visitors = make_visitors(4, noise=5.0)
    first = make(tmp_path / "a", visitors)
    again = make(tmp_path / "b", visitors)
    assert (first.made == again.made).all()
    torn = tmp_path / "b" / "work" / "made.f16"
    torn.write_bytes(torn.read_bytes()[: CHUNK * 256 * 2 + 99])
    (tmp_path / "b" / "own").rename(tmp_path / "b" / "used")
    assert (make(tmp_path / "b", visitors).made == first.made).all()


def test_visitors_without_far_looks_teach_by_made_views_alone(tmp_path: Path) -> None:
    near = [Visitor(one.name, one.near(LIMITS.near_px)) for one in make_visitors(4)]
    views = make(tmp_path, near)
    assert views.real.shape == (0, 256)
    assert len(views.made) == 120


def test_a_near_vector_is_that_of_the_person(tmp_path: Path) -> None:
    recognizer, _ = family(tmp_path)
    first, second = (near_vector(recognizer, one, LIMITS) for one in make_visitors(2))
    again = near_vector(recognizer, make_visitors(1)[0], LIMITS)
    assert float(first @ again) == pytest.approx(1, abs=1e-5)
    assert float(first @ second) < 0.9


def test_rows_that_are_there_are_not_made_again(tmp_path: Path) -> None:
    asked: list[range] = []

    def rows_of(rows: range) -> Float32:
        asked.append(rows)
        return np.array(rows, np.float32)[:, None]

    whole = fill(tmp_path / "rows", 1, 150, rows_of, "rows")
    assert whole[:, 0].tolist() == list(range(150))
    assert asked == [range(64), range(64, 128), range(128, 150)]
    (tmp_path / "rows").write_bytes((tmp_path / "rows").read_bytes()[:200])  # a hundred rows
    assert fill(tmp_path / "rows", 1, 150, rows_of, "rows")[:, 0].tolist() == list(range(150))
    assert asked[3:] == [range(64, 128), range(128, 150)]
