"""What rules know of subjects: written once, read anew, and forgotten where there are too many."""

import pytest

from pipeline.alerts import subjects as module
from pipeline.alerts.subjects import Sighting, Subjects
from pipeline.alerts.views import TrackView


class File(dict[tuple[str, str], Sighting]):
    """What was kept, and what was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, str]] = []

    def load(self, rule: str, subject: str) -> Sighting | None:
        self.asked.append((rule, subject))
        return self.get((rule, subject))


def test_a_subject_of_two_rules_is_two() -> None:
    subjects = Subjects(File().load)
    subjects.of("a", "b/c").visits = 1
    subjects.of("a/b", "c").visits = 2
    assert [(*key, known.visits) for *key, known in sorted(subjects.take_changed(), key=str)] == [
        ("a", "b/c", 1),
        ("a/b", "c", 2),
    ]
    assert list(subjects.take_changed()) == []


def test_stays_of_two_subjects_are_not_one() -> None:
    subjects = Subjects(File().load)
    subjects.of("rule", "person/Ada").stays["track"] = (0.0, 1.0)
    assert subjects.of("rule", "person/Bob").stays == {}


def test_what_is_known_is_read_once_and_again_after_the_file_changed() -> None:
    file = File()
    file["rule", "person/Ada"] = Sighting(visits=7)
    subjects = Subjects(file.load)
    assert [subjects.of("rule", "person/Ada").visits for _ in range(3)] == [7] * 3
    assert len(file.asked) == 1
    file["rule", "person/Ada"] = Sighting(visits=0)  # erased by another process
    subjects.forget()
    assert subjects.of("rule", "person/Ada").visits == 0


def test_a_flood_of_subjects_is_written_whole_before_it_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CACHED", 100)
    file = File()
    subjects = Subjects(file.load)
    for number in range(1000):
        subjects.of("rule", f"person/{number}").visits = number
    written = {subject: known.visits for _, subject, known in subjects.take_changed()}
    assert written == {f"person/{number}": number for number in range(1000)}
    subjects.of("rule", "person/1")
    assert file.asked[-1] == ("rule", "person/1")  # it was forgotten
    assert len(file.asked) == 1001


@pytest.mark.parametrize(
    ("before", "at", "heard", "seen_at"),
    [(None, 5.0, 9.0, 5.0), (7.0, 5.0, 9.0, 7.0), (7.0, 8.0, 9.0, 8.0), (1e9, 5.0, 9.0, 5.0), (9.0, 5.0, 9.0, 9.0)],
)
def test_events_out_of_order_do_not_take_a_sighting_back_but_a_clock_does(
    before: float | None, at: float, heard: float, seen_at: float
) -> None:
    known = Sighting(seen_at=before)
    known.see(TrackView(node="n", epoch="e", camera="c", number=1, at=at, heard=heard))
    assert known.seen_at == seen_at
