"""Which followed face was whom, where the table only says who was in view."""

from collections import Counter

from glimpse.evaluation.attribution import Verdict, assign
from glimpse.evaluation.clips import FollowedFace
from glimpse.evaluation.counts import count_all, count_by_size
from glimpse.evaluation.truth import Presence
from pipeline.sinks.report.records import NameChange, TrackRecord


def face(track: int, first: float, last: float, *names: str, px: int = 20) -> FollowedFace:
    changes = [NameChange(first + 1, name, None, 0.5) for name in names]
    return FollowedFace(TrackRecord("c", track, first, last, size_counts=Counter({px * 10: 1}), changes=changes))


def test_each_of_two_people_gets_the_face_with_their_name() -> None:
    rows = [Presence("Ada", 0, 10), Presence("Ben", 0, 10)]
    ada, ben = assign("c", rows, [face(1, 0, 10, "Ben"), face(2, 0, 10, "Ada", px=30)])
    assert (ada.tracks, ada.verdict, ada.face_px, ada.named_at) == ((2,), Verdict.RIGHT, 30.0, 1.0)
    assert (ben.tracks, ben.verdict) == ((1,), Verdict.RIGHT)


def test_a_wrong_name_counts_for_whom_nobody_else_is_left() -> None:
    rows = [Presence("Ada", 0, 10), Presence(None, 0, 10)]
    ada, stranger = assign("c", rows, [face(1, 0, 10, "Ada"), face(2, 2, 9, "Ben")])
    assert (ada.verdict, stranger.verdict, stranger.wrong) == (Verdict.RIGHT, Verdict.WRONG, ("Ben",))


def test_a_face_without_a_name_gives_the_size_of_whom_it_missed() -> None:
    rows = [Presence("Ada", 0, 10), Presence("Ben", 20, 30), Presence("Ben", 40, 50, face_px=9.0)]
    ada, ben, later = assign("c", rows, [face(1, 1, 9, px=14), face(2, 100, 110)])
    assert (ada.verdict, ada.face_px) == (Verdict.MISSED, 14.0)
    assert (ben.verdict, ben.face_px, ben.tracks) == (Verdict.MISSED, None, ())
    assert later.face_px == 9.0
    assert [(row.label, row.missed) for row in count_by_size([ada, ben, later])] == [
        ("below 12 px", 1),
        ("12 to 16 px", 1),
        ("not known", 1),
    ]


def test_a_name_that_comes_before_its_time_is_wrong() -> None:
    [ada] = assign("c", [Presence("Ada", 50, 60)], [face(1, 46, 60, "Ada")])
    assert (ada.verdict, ada.wrong) == (Verdict.WRONG, ("Ada",))


def test_intervals_are_those_of_wilson_and_of_three_in_n() -> None:
    answers = assign("c", [Presence(None, 10 * n, 10 * n + 5) for n in range(30)], [])
    row = count_all(answers)
    assert (row.strangers, row.strangers_named, row.right_interval) == (30, 0, (0.0, 1.0))
    assert row.strangers_interval[0] == 0.0
    assert 0.09 < row.strangers_interval[1] < 0.11
