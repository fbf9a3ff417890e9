"""The tables of the flat warning."""

from benchmarks.flat.clips import plan
from benchmarks.flat.seen import Seen
from benchmarks.flat.tables import describe_footage, describe_shows


def test_each_motion_and_carrier_has_a_line() -> None:
    found = {
        show: Seen(warned=show.carrier is not None, named=True, heights=[20.0]) if show.px > 16 else None
        for show in plan(1)
    }
    text = describe_shows(found, 20)
    assert "(20 people, each enrolled" in text
    assert "| head in depth, moved | 0 of 0 | 0 of 2 | 0 of 2 | 0 of 2 | 0 of 2 |" in text
    assert "| all on paper that move | 0 of 0 | 3 of 3 | 3 of 3 | 3 of 3 | 3 of 3 |" in text
    assert "| photographs that got the name | 0 of 0 | 12 of 12 |" in text


def test_real_clips_are_summed_and_one_without_faces_stays() -> None:
    text = describe_footage({"a.mp4": [Seen(heights=[40.0]), Seen(warned=True, heights=[20.0])], "b.mp4": []})
    assert "| a.mp4 | 2 | 1 | 1 |" in text
    assert "| b.mp4 | 0 | 0 | 0 |" in text
    assert "| all | 2 | 1 | 1 |" in text
