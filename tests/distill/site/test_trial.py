"""A fitted recogniser beside the shipped one."""

from pathlib import Path

import pytest

from detectors.runtime import Runtime
from distill.site.split import Limits
from distill.site.trial import ALL, Reader, try_out
from distill.site.visits import pair_of_one_visit
from recognizer.load import load_recognizer
from tests.synthetic.made_site import make_visitors, write_family

LIMITS = Limits(48.0, 18.0)


def test_a_recogniser_beside_itself_gains_nothing(tmp_path: Path) -> None:
    reader = Reader(load_recognizer(write_family(tmp_path / "own"), runtime=Runtime()), (), None)
    pairs = [pair for one in make_visitors(45, noise=10.0) if (pair := pair_of_one_visit(one, LIMITS))]
    trial = try_out(reader, reader, pairs, LIMITS)
    shares = trial.shares()
    assert list(shares) == [ALL, "8 to 16 px", "16 to 18 px"]
    assert shares[ALL].people == 45
    assert shares[ALL].before == shares[ALL].after > 0.3
    assert not shares[ALL].wins
    assert shares["16 to 18 px"].people == 0  # the largest far look is of 16 px
    assert trial.near.before.seen.all()
    assert trial.far.before.values == pytest.approx(trial.far.after.values)
