"""Shrinking leaves what a failure needs, and nothing else."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.simulation.run import until
from tests.simulation.script import KINDS, Action, Kind, Script, write_script
from tests.simulation.shrink import shrink

SCRIPT = write_script(1, 2, KINDS)


@given(st.sets(st.integers(0, len(SCRIPT) - 1), min_size=1, max_size=4))
def test_what_a_failure_needs_is_left_and_nothing_else(places: set[int]) -> None:
    needed = [replace(SCRIPT[place], wait=0.0) for place in sorted(places)]

    def fails(script: Script) -> bool:
        rest = iter([replace(action, wait=0.0) for action in script])
        return all(action in rest for action in needed)

    assert list(shrink(SCRIPT, fails)) == needed


def test_a_wait_that_is_needed_is_kept() -> None:
    script = (Action(Kind.STALL, 60.0), Action(Kind.DROP, 300.0))
    assert shrink(script, lambda part: sum(action.wait for action in part) > 100) == (Action(Kind.DROP, 300.0),)


def test_what_comes_after_a_failure_is_left_out() -> None:
    script = (Action(Kind.STALL, 10.0), Action(Kind.DROP, 10.0), Action(Kind.STALL, 10.0))
    assert until(script, 15.0) == script[:2]
    assert until(script, 100.0) == script
