"""Which fit is taken."""

from pathlib import Path

import numpy as np

from detectors.arrays import Float64
from detectors.runtime import Runtime
from distill.site.choose import Jury, choose
from distill.site.last_layer import LastLayer
from distill.site.split import Limits
from distill.site.trial import Reader
from distill.site.views import Views
from distill.site.visits import pair_of_one_visit
from recognizer.base import Recognizer
from recognizer.load import load_recognizer
from recognizer.normalisation import Cohort
from recognizer.onnx import read_chip_spec
from tests.synthetic.made_site import make_visitors, write_family

LIMITS = Limits(48.0, 18.0)


def opened(folder: Path, cohort: Cohort | None = None) -> tuple[Recognizer, LastLayer, Jury]:
    own = write_family(folder / "own")
    small, recognizer = own / "own16.onnx", load_recognizer(own, runtime=Runtime())
    spec = read_chip_spec(small)
    layer = LastLayer(small.read_bytes(), spec)
    pairs = [pair for one in make_visitors(20, noise=20.0) if (pair := pair_of_one_visit(one, LIMITS))]
    return recognizer, layer, Jury(Reader(recognizer, (), cohort), layer, spec, pairs, LIMITS)


def whole(weight: Float64, bias: Float64) -> Float64:
    return np.hstack([weight, bias[:, None]])


def test_a_jury_prefers_weights_that_tell_its_people_apart(tmp_path: Path) -> None:
    _, layer, jury = opened(tmp_path)
    good = whole(layer.weight, layer.bias)
    assert jury.loss(good) < jury.loss(np.random.default_rng(0).permuted(good, axis=1))


def test_a_jury_scores_as_serving_does_by_the_cohort_of_the_family(tmp_path: Path) -> None:
    _, layer, plain = opened(tmp_path / "plain")
    strangers = np.random.default_rng(1).normal(size=(40, 32)).astype(np.float32)
    _, _, normalised = opened(tmp_path / "cohort", Cohort(strangers, weights=""))
    good = whole(layer.weight, layer.bias)
    assert normalised.loss(good) != plain.loss(good)
    assert normalised.loss(good) < normalised.loss(np.random.default_rng(0).permuted(good, axis=1))


def test_a_fit_that_only_does_harm_is_not_taken(tmp_path: Path) -> None:
    _, layer, jury = opened(tmp_path)
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(600, 256)).astype(np.float32), rng.normal(size=(600, 32)).astype(np.float32)
    bad = Views(inputs[:300], 50 * targets[:300], inputs[300:], 50 * targets[300:], inputs[:300] / 100)
    chosen = choose(layer, bad, jury)
    assert chosen.choice is None
    assert chosen.loss == chosen.loss_before
    np.testing.assert_array_equal(chosen.weight, layer.weight)


def test_a_layer_that_was_spoilt_is_mended(tmp_path: Path) -> None:
    _, layer, jury = opened(tmp_path)
    right, rng = layer.weight.copy(), np.random.default_rng(0)
    inputs = layer.inputs(rng.integers(0, 255, (900, 16, 16, 3)).astype(np.uint8))
    targets = (inputs @ right.T).astype(np.float32)
    layer.weight = right + rng.normal(0, right.std(), right.shape)
    nothing = np.zeros((0, 256), np.float32)
    chosen = choose(layer, Views(nothing, nothing[:, :32], inputs, targets, inputs[:1] * 0), jury)
    assert chosen.choice is not None
    assert chosen.loss < chosen.loss_before
    both = (layer.weight, chosen.weight)
    alike = [float((one * right).sum() / np.linalg.norm(one) / np.linalg.norm(right)) for one in both]
    assert alike[0] < alike[1]
