"""Who was there: the right tracks first, and as many strangers as is said."""

import numpy as np
import pytest

from detectors.arrays import Float32
from pipeline.events import Event
from pipeline.history.reader import HistoryReader
from pipeline.history.search import Sought, search, sought_track
from recognizer.calibration import Band, Calibration
from tests.synthetic.events import sample
from tests.synthetic.histories import Location, open_writer

DIM = 128
RATES = (0.1, 0.01, 1e-3, 1e-4)


def unit(vectors: Float32) -> Float32:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32)


def random(count: int, seed: int) -> Float32:
    return unit(np.random.default_rng(seed).normal(size=(count, DIM)).astype(np.float32))


def measure() -> Calibration:
    """The cosines of strangers, all of one size."""
    tail = tuple(float(value) for value in np.quantile(random(1000, 11) @ random(1000, 12).T, [1 - x for x in RATES]))
    band = Band(px=16, looks=1, mean=0, std=0.09, tail=tail)
    return Calibration(model_id="m", command="", data="", date="", rates=RATES, bands=(band,))


CALIBRATION = measure()


def look(number: int, vector: Float32, **fields: object) -> Event:
    return sample(number, track=number, person=None, template=vector.astype("<f2").tobytes(), **fields)


def keep(place: Location, templates: Float32, **fields: object) -> None:
    with open_writer(place, unknowns=True) as history:
        first = history.database.rows("SELECT count(*) FROM tracks")[0][0]
        history.add([look(number, vector, **fields) for number, vector in enumerate(templates, first)], None)


def test_a_person_enrolled_today_gets_their_past(place: Location) -> None:
    faces = random(2, 1)
    seen = unit(faces[[0, 1, 0]] + 0.5 * random(3, 2))
    keep(place, np.concatenate([random(100, 3), seen, random(100, 4)]))
    with HistoryReader(place) as history:
        found = search(history, Sought(faces), CALIBRATION, max_strangers=0.1)
    assert {hit.track.track for hit in found.hits} == {100, 101, 102}
    assert found.compared == 203
    assert [hit.chance for hit in found.hits] == sorted(hit.chance for hit in found.hits)
    assert all(hit.strangers == pytest.approx(hit.chance * 203) for hit in found.hits)
    assert all(hit.score > 0.7 for hit in found.hits)


@pytest.mark.slow
@pytest.mark.timeout(90)
@pytest.mark.parametrize("expected", [1.0, 10.0, 40.0])
def test_among_strangers_alone_as_many_are_found_as_is_said(expected: float, place: Location) -> None:
    keep(place, random(2000, 5))
    counts = []
    with HistoryReader(place) as history:
        for face in random(60, 6):
            found = search(history, Sought(face[None]), CALIBRATION, max_strangers=expected, limit=2000)
            counts.append(len(found.hits))
            assert all(hit.strangers <= expected for hit in found.hits)
    assert np.mean(counts) == pytest.approx(expected, rel=0.25, abs=0.5)


def test_a_track_is_searched_for_without_itself_and_by_the_worse_of_two_sizes(place: Location) -> None:
    small, large = (Band(px=px, looks=1, mean=0, std=0.1, tail=tail) for px, tail in SIZES)
    calibration = Calibration(model_id="m", command="", data="", date="", rates=RATES, bands=(small, large))
    vector = random(1, 7)
    keep(place, vector, pooled_px=8.0)
    keep(place, unit(vector + 0.8 * random(1, 8)), pooled_px=64.0)
    with HistoryReader(place) as history:
        one, other = (row.id for row in reversed(history.tracks()))
        sought = sought_track(history, one, "m")
        [hit] = search(history, sought, calibration, max_strangers=1.0).hits
        photos = {hit.track.id: hit for hit in search(history, Sought(vector), calibration).hits}
    assert (hit.track.id, set(photos)) == (other, {one, other})
    photo = photos[other]
    assert hit.score == pytest.approx(photo.score, abs=1e-3)  # the sought one is stored as float16
    assert hit.chance > photo.chance


SIZES = ((8.0, (0.4, 0.6, 0.8, 0.9)), (64.0, (0.1, 0.2, 0.3, 0.4)))


def test_templates_of_other_models_are_counted_and_not_compared(place: Location) -> None:
    keep(place, random(3, 9))
    keep(place, random(2, 10), model_id="other")
    with HistoryReader(place) as history:
        found = search(history, Sought(random(1, 9)), CALIBRATION)
        other = history.tracks()[0].id
        with pytest.raises(ValueError, match="no template of this recogniser is kept of it"):
            sought_track(history, other, "m")
        with pytest.raises(ValueError, match=r"track 99: .* there is no such track"):
            sought_track(history, 99, "m")
    assert (found.compared, found.others) == (3, 2)


def test_vectors_of_another_length_are_refused(place: Location) -> None:
    keep(place, random(3, 9))
    with HistoryReader(place) as history, pytest.raises(ValueError, match="expected"):
        search(history, Sought(np.eye(4, dtype=np.float32)[:1]), CALIBRATION)


def test_an_empty_history_has_no_hits(place: Location) -> None:
    open_writer(place).close()
    with HistoryReader(place) as history:
        found = search(history, Sought(random(1, 9)), CALIBRATION)
    assert (found.hits, found.compared, found.others) == ([], 0, 0)
