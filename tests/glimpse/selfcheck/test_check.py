"""Four planted faults are found against a camera's clean nights, and clean nights are not suspected."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from benchmarks.selfcheck import SwappedChannels, cut_beside
from glimpse.selfcheck.check import SelfCheck, Site, check_site
from pipeline.settings.rooms.selfcheck import SelfCheckSettings
from pipeline.site.selfcheck_file import SelfCheckState
from recognizer.base import Recognizer
from recognizer.calibration import Calibration
from recognizer.filmed import Camera
from recognizer.gallery.index import GalleryIndex
from tests.synthetic.selfcheck_night import CONDITIONS, night, reader, recognizer, scoring, without_crops

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def make_site(reads_with: Recognizer | None = None) -> Site:
    """A site of which nothing is expected but what its own nights were."""
    calibration = scoring().calibration
    index = GalleryIndex.empty(calibration.model_id)
    return Site(reader(reads_with), calibration, index, None, SelfCheckSettings(baseline_nights=3))


def kinds(done: SelfCheck) -> set[str]:
    return {fault.kind for fault in done.faults}


@pytest.fixture(scope="module")
def known() -> SelfCheckState:
    """What is usual after three clean nights."""
    state = SelfCheckState()
    for seed in range(3):
        done = check_site(make_site(), night(seed), state, now=float(seed + 1))
        assert done.faults == []
        state = done.state
    assert {len(usual.means) for usual in state.usual["door"].values()} == {3}
    return state


def test_a_clean_night_is_not_suspected_and_a_full_memory_does_not_change(known: SelfCheckState) -> None:
    done = check_site(make_site(), night(3), known, now=9.0)
    assert done.faults == []
    assert done.state.usual == known.usual
    assert (done.state.checked_at, done.state.cameras, done.state.health.findings) == (9.0, ("door",), 0)


def test_swapped_channels_are_found_in_the_first_night() -> None:
    swapped = SwappedChannels(recognizer())
    done = check_site(make_site(swapped), night(3, reads_with=swapped), SelfCheckState(), now=1.0)
    assert "colour" in kinds(done)
    assert done.faults[0].camera == "door"
    assert "swapped red and blue read" in next(fault.text for fault in done.faults if fault.kind == "colour")
    assert "door" not in done.state.usual


def test_chips_cut_half_a_pixel_beside_are_found(known: SelfCheckState) -> None:
    crooked = night(3, camera=Camera(conditions=CONDITIONS, cut=cut_beside))
    assert kinds(check_site(make_site(), crooked, known, now=9.0)) == {"shift"}


def test_a_lens_out_of_focus_is_found(known: SelfCheckState) -> None:
    blurred = night(3, camera=Camera(conditions=CONDITIONS, lens=2.0))
    assert "blur" in kinds(check_site(make_site(), blurred, known, now=9.0))


def test_a_calibration_of_something_else_is_found(known: SelfCheckState) -> None:
    site, tracks = make_site(), night(3)
    random = np.random.default_rng(1).normal(size=(40, scoring().cohort.vectors.shape[1]))  # type: ignore[union-attr]
    people = (random / np.linalg.norm(random, axis=1, keepdims=True)).astype(np.float32)
    index = GalleryIndex(site.calibration.model_id, people, [f"person {row:02d}" for row in range(40)])
    fits = _with_tail(site.calibration, people, tracks)
    assert check_site(replace(site, index=index, calibration=fits), tracks, known, now=9.0).faults == []
    loose = msgspec.structs.replace(
        fits, bands=tuple(msgspec.structs.replace(band, tail=tuple(t / 2 for t in band.tail)) for band in fits.bands)
    )
    [fault] = check_site(replace(site, index=index, calibration=loose), tracks, known, now=9.0).faults
    assert (fault.kind, fault.camera) == ("calibration", "")


def _with_tail(calibration: Calibration, people: np.ndarray, tracks: list) -> Calibration:  # type: ignore[type-arg]
    """The calibration with tails that these people and tracks have."""
    vectors = np.stack([track.template for track in tracks])
    tail = tuple(float(np.quantile(vectors @ people.T, 1 - rate)) for rate in calibration.rates)
    bands = tuple(msgspec.structs.replace(band, tail=tail) for band in calibration.bands)
    return msgspec.structs.replace(calibration, bands=bands, reach=None)


def test_of_too_few_faces_nothing_is_said(known: SelfCheckState) -> None:
    done = check_site(make_site(), night(3)[:10], known, now=9.0)
    assert (done.summaries, done.too_few, done.faults) == ([], {"door": 10}, [])
    assert check_site(make_site(), without_crops(night(3)), known, now=9.0).too_few == {"door": 0}
    assert check_site(make_site(), [], known, now=9.0).state.usual == known.usual


def test_what_was_usual_for_another_recogniser_is_forgotten(known: SelfCheckState) -> None:
    other = msgspec.structs.replace(known, model_id="another")
    done = check_site(make_site(), night(3), other, now=9.0)
    assert {len(usual.means) for usual in done.state.usual["door"].values()} == {1}
