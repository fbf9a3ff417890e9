"""Where cameras go: by networks, evenly, and with few moves."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cluster.placement import Load, Place, balance, place, used_cores

SIX = {f"cam{number}": Load(0.1) for number in range(6)}
TWO = {"a": Place(2.0), "b": Place(2.0)}


def count(goal: dict[str, str]) -> dict[str, int]:
    return {node: list(goal.values()).count(node) for node in sorted(set(goal.values()))}


def test_equal_cameras_are_spread_evenly() -> None:
    assert count(place(SIX, TWO, {})) == {"a": 3, "b": 3}


def test_a_node_with_more_cores_gets_more() -> None:
    assert count(place(SIX, {"a": Place(4.0), "b": Place(2.0)}, {})) == {"a": 4, "b": 2}


def test_a_camera_goes_where_its_network_is_however_full() -> None:
    loads = {name: Load(1.0, "yard") for name in SIX}
    assert set(place(loads, {"a": Place(8.0), "b": Place(1.0, frozenset({"yard"}))}, {}).values()) == {"b"}


def test_without_its_network_it_is_nowhere() -> None:
    assert place({"cam": Load(1.0, "yard")}, TWO, {}) == {}


def test_no_nodes_and_no_cameras() -> None:
    assert place(SIX, {}, {"cam0": "gone"}) == {}
    assert place({}, TWO, {"cam0": "a"}) == {}
    assert balance({}, TWO, {}, moves=3) == {}


def test_only_the_cameras_of_a_dead_node_move() -> None:
    three = TWO | {"c": Place(2.0)}
    before = place(SIX, three, {})
    after = place(SIX, {"a": Place(2.0), "b": Place(2.0)}, before)
    assert {name for name in SIX if before[name] != after[name]} == {name for name in SIX if before[name] == "c"}
    assert count(after) == {"a": 3, "b": 3}


def test_a_new_node_gets_its_share_and_no_more() -> None:
    before = place(SIX, {"a": Place(2.0)}, {})
    after = balance(SIX, TWO, before, moves=10)
    assert count(after) == {"a": 3, "b": 3}
    assert balance(SIX, TWO, after, moves=10) == after


def test_at_most_so_many_moves() -> None:
    before = place(SIX, {"a": Place(2.0)}, {})
    assert sum(node == "b" for node in balance(SIX, TWO, before, moves=1).values()) == 1


def test_a_small_gain_is_not_worth_a_move() -> None:
    loads = {"one": Load(1.0), "two": Load(1.0), "small": Load(0.05), "three": Load(1.0), "four": Load(1.0)}
    now = {"one": "a", "two": "a", "small": "a", "three": "b", "four": "b"}
    assert balance(loads, TWO, now, moves=10) == now


def test_a_slow_node_gives_cameras_away_even_where_it_has_fewer() -> None:
    now = {"cam0": "a", "cam1": "a", "cam2": "b", "cam3": "b", "cam4": "b", "cam5": "b"}
    after = balance(SIX, {"a": Place(2.0, slow=True), "b": Place(2.0)}, now, moves=1)
    assert list(after.values()).count("a") == 1


def test_a_slow_node_gets_no_orphans() -> None:
    now = {"cam0": "a", "cam1": "b"}
    after = place(SIX, {"a": Place(2.0, slow=True), "b": Place(2.0)}, now)
    assert list(after.values()).count("a") == 1


def test_a_silent_node_keeps_its_cameras_and_gets_no_others() -> None:
    places = {"a": Place(8.0, silent=True), "b": Place(1.0)}
    goal = place(SIX, places, {"cam0": "a"})
    assert count(goal) == {"a": 1, "b": 5}
    assert balance(SIX, places, goal, moves=9) == goal
    assert set(place(SIX, {"a": Place(8.0, silent=True)}, {}).values()) == {"a"}


loads_of = st.dictionaries(
    st.sampled_from([f"cam{number}" for number in range(20)]),
    st.builds(Load, st.floats(0.001, 4), st.sampled_from(["", "yard"])),
)
places_of = st.dictionaries(
    st.sampled_from("abcdef"),
    st.builds(Place, st.floats(0.5, 16), st.sampled_from([frozenset(), frozenset({"yard"})]), st.booleans()),
)


@settings(max_examples=50, deadline=None)
@given(loads_of, places_of, st.dictionaries(st.sampled_from(["cam1", "cam2", "cam3"]), st.sampled_from("abz")))
def test_every_camera_that_can_run_runs_where_it_may(
    loads: dict[str, Load], places: dict[str, Place], now: dict[str, str]
) -> None:
    goal = place(loads, places, now)
    better = balance(loads, places, goal, moves=5)
    reachable = {name for name, load in loads.items() if any(there.reaches(load) for there in places.values())}
    assert goal.keys() == better.keys() == reachable
    assert all(places[node].reaches(loads[name]) for name, node in better.items())
    assert sum(better[name] != goal[name] for name in goal) <= 5
    assert sum(used_cores(loads, places, goal).values()) >= 0


@settings(max_examples=50, deadline=None)
@given(loads_of, places_of)
def test_balancing_comes_to_an_end(loads: dict[str, Load], places: dict[str, Place]) -> None:
    steady = {node: Place(there.cores, there.networks) for node, there in places.items()}
    goal = balance(loads, steady, place(loads, steady, {}), moves=500)
    assert balance(loads, steady, goal, moves=500) == goal
