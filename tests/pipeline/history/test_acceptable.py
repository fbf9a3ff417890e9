"""What no database takes is left out, so that a recorder does not stumble over it again and again."""

import numpy as np
import pytest

from pipeline.bus.reorder import Gap
from pipeline.events import Event, decode, encode
from pipeline.history.acceptable import is_crop, is_template
from pipeline.history.reader import HistoryReader, Wanted
from tests.synthetic.events import evidence, sample, track
from tests.synthetic.histories import Location, ask, read, write

LONG = "Ä" * 5000
HOSTILE: tuple[Event, ...] = (
    track(2**70),
    track(1, track=2**70),
    track(2, camera=LONG),
    track(3, evidence=evidence(LONG)),
    track(4, epoch=LONG),
)


def test_what_is_too_large_is_left_out_and_the_rest_is_kept(place: Location) -> None:
    gaps = [Gap("v1/track/door/", "e1", 2**70, 2**70 + 1), Gap(LONG, "e1", 3, 4)]
    write(place, *HOSTILE, *gaps, track(9, track=9))
    assert [row.track for row in read(place)] == [9]
    assert ask(place, "SELECT count(*) FROM events") == [(1,)]
    assert ask(place, "SELECT count(*) FROM gaps") == [(0,)]


@pytest.mark.parametrize("name", ["a\0b", "\N{GRINNING FACE}", "'; DROP TABLE tracks; --", "%s ? {}", "\u202e", " "])
def test_every_other_name_is_kept_and_found(name: str, place: Location) -> None:
    event = track(1, evidence=evidence(name), camera=name)
    write(place, decode(encode(event)))
    with HistoryReader(place) as reader:
        [row] = reader.tracks(Wanted(person=name, camera=name))
        assert [stored.camera for stored in reader.events(row.id)] == [name]
        assert [seen.id for seen in reader.last_seen()] == [row.id]


@pytest.mark.parametrize("time", [1e308, -1e308, 0.0, -1.0, 5e-324])
def test_times_that_no_calendar_has_are_kept(time: float, place: Location) -> None:
    write(place, *(track(seq, wall_time=time, media_time=time, age=abs(time)) for seq in range(2)), track(2))
    assert len(read(place)) == 1
    with HistoryReader(place) as reader:
        assert reader.tracks(after=read(place)[0].place) == []


def test_only_unit_vectors_and_crops_of_some_size_are_kept() -> None:
    unit = np.eye(4, dtype="<f2")[0].tobytes()
    assert is_template(unit)
    assert not any(map(is_template, (b"", b"abc", bytes(8), unit * 2, np.eye(5000, dtype="<f2")[0].tobytes())))
    assert is_crop(b"\xff\xd8")
    assert not any(map(is_crop, (b"", bytes(9), b"\xff" * (20 << 20))))


def test_a_template_of_another_length_spoils_no_search(place: Location) -> None:
    vectors = [np.eye(dim, dtype="<f2")[0].tobytes() for dim in (128, 64, 128)]
    write(place, *(sample(n, track=n, template=vector) for n, vector in enumerate(vectors)), unknowns=True)
    with HistoryReader(place) as reader:
        assert [page.vectors.shape for page in reader.templates("m")] == [(2, 128)]
        assert [page.vectors.shape for page in reader.templates("m", 64)] == [(1, 64)]
