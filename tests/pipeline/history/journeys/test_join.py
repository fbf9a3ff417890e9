"""Passages are joined where that is sure, and never into somebody who is in two places or has two names."""

from dataclasses import replace
from itertools import combinations

import pytest

from pipeline.history.journeys.join import Journey, join
from pipeline.history.journeys.pairs import Bounds
from pipeline.history.journeys.passage import Passage
from tests.synthetic.passages import at_camera, day_of, passage
from tests.synthetic.strangers import face, links

APART = Bounds()


def journeys(passages: list[Passage], *, least: float = 0.98, bounds: Bounds = APART) -> list[Journey]:
    return join(sorted(passages, key=lambda one: one.begin), links(), bounds, least=least)


def owners(passages: list[Passage], people: int) -> dict[int, int]:
    """Whose each track is, by its look: the person whose plain face it is most like."""
    plain = {person: face(person, spread=0.0) for person in range(people)}
    return {one.track: max(plain, key=lambda person: float(plain[person] @ one.pool.vector)) for one in passages}


def test_a_day_of_thirty_people_is_put_together() -> None:
    passages = day_of(30)
    whose = owners(passages, 30)
    found = journeys(passages)
    right = [len({whose[one.track] for one in journey.passages}) == 1 for journey in found]
    assert sum(right) >= 0.98 * len(found)
    assert sum(len(journey.passages) == 3 for journey in found) >= 20
    assert sorted(one.track for journey in found for one in journey.passages) == sorted(whose)


def test_nobody_is_in_two_places_even_where_all_look_alike() -> None:
    twins = [passage(1, camera, 7.0 * number, number=number) for number, camera in enumerate(["gate", "hall"] * 20)]
    bounds = Bounds()
    for journey in journeys(twins, least=0.5):
        assert all(bounds.seconds_between(*pair) is not None for pair in combinations(journey.passages, 2))


def test_two_names_are_never_joined_through_somebody_without_one() -> None:
    tracks = [
        passage(1, "gate", 0, number=1, name="Ada", false_alarm=1e-6),
        passage(1, "hall", 30, number=2),
        passage(1, "desk", 60, number=3, name="Ben", false_alarm=1e-6),
    ]
    for journey in journeys([*tracks, *later(day_of(30))], least=0.5):
        assert {one.person for one in journey.passages} != {"Ada", "Ben", None}
        assert {one.person for one in journey.passages} - {None} in ({"Ada"}, {"Ben"}, set())


def later(passages: list[Passage]) -> list[Passage]:
    """The same on another day and with other numbers and looks; a site to learn from."""
    return [replace(one, track=one.track + 1000, begin=one.begin + 1e5, end=one.end + 1e5) for one in passages]


def test_the_probability_of_a_journey_is_that_of_all_its_steps() -> None:
    found = journeys(day_of(30))
    for journey in found:
        assert 0.98 ** (len(journey.passages) - 1) <= journey.probability <= 1
        assert (journey.probability == 1) == (len(journey.passages) == 1)
    assert [journey.passages[0].begin for journey in found] == sorted(journey.passages[0].begin for journey in found)


def test_overlapping_cameras_may_see_one_person_at_once() -> None:
    walk = [
        one
        for person in range(30)
        for one in (
            passage(person, "hall", 400.0 * person, number=2 * person, seconds=20),
            passage(person, "desk", 400.0 * person + 12, number=2 * person + 1, seconds=20),
        )
    ]
    overlapping = Bounds(overlapping=[frozenset((at_camera("hall"), at_camera("desk")))])
    assert all(len(journey.passages) == 1 for journey in journeys(walk))
    assert sum(len(journey.passages) == 2 for journey in journeys(walk, bounds=overlapping)) >= 25


def test_of_nothing_comes_nothing() -> None:
    assert journeys([]) == []
    [alone] = journeys([passage(1, "gate", 0, number=1)])
    assert (alone.probability, alone.person) == (1.0, None)


@pytest.mark.parametrize("least", [0.5, 0.9])
def test_fewer_are_joined_the_surer_it_must_be(least: float) -> None:
    hard = day_of(30, spread=1.1)
    assert len(journeys(hard, least=0.995)) >= len(journeys(hard, least=least))
