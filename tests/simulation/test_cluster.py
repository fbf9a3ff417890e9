"""A small simulated site keeps what the large ones are held to."""

from tests.simulation.cluster import LIMIT_SECONDS, play


def test_cameras_of_dead_and_cut_off_nodes_are_live_in_time_and_nowhere_twice() -> None:
    result = play(30, 6, 200.0, deaths=4, splits=4, seed=3)
    assert result["doubled"] == 0
    assert result["not_live_again"] == 0
    for kind in ("death_seconds", "split_seconds"):
        spread = result[kind]
        assert isinstance(spread, list)
        assert 0 < spread[2] < LIMIT_SECONDS


def test_a_seed_plays_the_same_again() -> None:
    first, again = (play(10, 3, 90.0, deaths=1, splits=1, seed=5) for _ in range(2))
    assert first == again
