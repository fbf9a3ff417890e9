"""The benchmark of unknown people: scenes share nobody, and its counts are right where the truth is known."""

import numpy as np
import pytest

from benchmarks import unknown_people
from benchmarks.unknown_people import HEADS, Shown, Tally, draw_scenes, list_rows, score
from recognizer.calibrate_links import Photographs, Tracks
from tests.synthetic.strangers import face, links


@pytest.fixture
def photographs(monkeypatch: pytest.MonkeyPatch) -> Photographs:
    """Sixty people, of whom twenty have three photographs; scenes of thirty, of whom ten return."""
    monkeypatch.setattr(unknown_people, "PEOPLE", 30)
    monkeypatch.setattr(unknown_people, "RETURNING", 10)
    people = [f"P{person}" for person in range(60) for _ in range(3 if person < 20 else 1)]
    return Photographs(people, [np.zeros((8, 8, 3), np.uint8)] * len(people))


def test_scenes_of_a_draw_share_nobody(photographs: Photographs) -> None:
    first, second = draw_scenes(photographs, [16, 24], draws=1)
    names = [{shown.person for shown in scene} for scene in (first, second)]
    assert not names[0] & names[1]
    assert [len(one) for one in names] == [30, 30]
    assert len(first) == 10 * 3 + 20
    assert {shown.px for shown in first} == {16, 24}


def test_people_who_are_easily_told_apart_are_grouped_without_a_mistake(photographs: Photographs) -> None:
    vectors = np.stack([face(int(name[1:]), row) for row, name in enumerate(photographs.people)])
    ones = np.ones(len(vectors), np.float32)
    tracks = {24: Tracks(photographs.people, vectors, ones, ones)}
    scenes = list(draw_scenes(photographs, [24], draws=1))
    rows = list(list_rows("24 px", 0.01, scenes, tracks, links()))
    assert [row[:4] for row in rows] == [
        ["24 px", "as they come", "1 %", "60"],
        ["24 px", "after the night", "1 %", "60"],
    ]
    for row in rows:
        assert len(row) == len(HEADS)
        assert float(row[4].split()[0]) < 5
        assert float(row[6].split()[0]) > 90
        assert float(row[7].split()[0]) > 95


def test_mistakes_are_counted() -> None:
    """A, B with A, A with both, A alone."""
    scene = [Shown(person, row, 24) for row, person in enumerate("ABAA")]
    tally = Tally()
    score(tally, scene, [1, 1, 1, 2])
    assert [tally.total(measure) for measure in range(3)] == [2, 2, 4]
    assert [tally.share(measure)[0] for measure in range(3)] == [0.5, 0.5, 0.75]
