"""A short simulation in the ordinary suite; `make simulate` and `make simulate-ci` play the long ones."""

import subprocess
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from tests.simulation.__main__ import main
from tests.simulation.promises import BrokenPromiseError, Promise
from tests.simulation.run import PART_HOURS, Failure, Part, parts_of, play, play_part, quiet
from tests.simulation.script import KINDS, Action, Kind, write_script
from tests.simulation.simulation import Simulation, Summary

ROOT = Path(__file__).parents[2]
SEED = 2
HOURS = 0.2
MIXED = frozenset({Kind.WALK, Kind.STALL, Kind.DROP, Kind.RESIZE, Kind.DISK_FULL, Kind.KILL, Kind.STOP, Kind.AWAY})
SCRIPT = (
    Action(Kind.WALK, 4.0, target="door", seconds=12.0, who="Ada"),
    Action(Kind.STALL, 2.0, target="yard", seconds=5.0),
    Action(Kind.KILL, 8.0, seconds=1.0, number=1),
    Action(Kind.RESIZE, 5.0, target="door", number=1),
)


def test_a_seed_keeps_every_promise_and_plays_the_same_again() -> None:
    with quiet():
        first, again = (play_part(Part(SEED, HOURS), MIXED) for _ in range(2))
    assert isinstance(first, Summary), first
    assert first.kills
    assert first.made < first.received
    assert first == again


def test_a_seed_always_writes_the_same_script_and_another_seed_another() -> None:
    assert write_script(1, 4, KINDS) == write_script(1, 4, KINDS)
    assert write_script(1, 4, KINDS) != write_script(2, 4, KINDS)


def test_the_parts_of_a_seed_are_its_whole_script() -> None:
    parts = [part.script(KINDS) for part in parts_of(1, 2.5 * PART_HOURS)]
    assert sum(parts, ()) == write_script(1, 2.5 * PART_HOURS, KINDS)
    hours = [sum(action.wait for action in part) / 3600 for part in parts]
    assert hours == pytest.approx([PART_HOURS, PART_HOURS, PART_HOURS / 2], abs=1.5)
    assert [str(part) for part in parts_of(1, 4)] == ["seed 1"]


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_two_processes_play_what_one_plays() -> None:
    told = []
    for jobs in ("1", "2"):
        options = ["--seed", "1", "--seeds", "2", "--hours", "0.1", "--jobs", jobs]
        command = [sys.executable, "-m", "tests.simulation", *options]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        told.append({line.partition(" told as lost")[0] for line in done.stdout.splitlines() if "received" in line})
    assert told[0] == told[1]
    assert len(told[0]) == 2


def test_scripts_hold_every_kind_of_fault() -> None:
    kinds = {action.kind for seed in range(20) for action in write_script(seed, 4, KINDS)}
    assert kinds == KINDS


def test_an_action_is_written_as_it_is_read() -> None:
    action = Action(Kind.KILL, 1.5, target="door", seconds=2.0, number=7)
    assert eval(str(action), {"Action": Action, "Kind": Kind}) == action


@pytest.mark.parametrize("kind", sorted(KINDS - {Kind.WALK}))
def test_a_fault_while_somebody_walks_breaks_no_promise(kind: Kind) -> None:
    walk = Action(Kind.WALK, 4.0, target="door", seconds=12.0, who="Ada")
    target = next(action.target for seed in count() for action in write_script(seed, 4, KINDS) if action.kind is kind)
    with quiet():
        summary = play((walk, Action(kind, 6.0, target=target, seconds=4.0, number=1), replace(walk, wait=20.0)))
    assert summary.made > 20


def test_a_broken_promise_is_told_with_the_seed_and_a_short_script(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settle = Simulation.settle

    def settle_badly(world: Simulation) -> None:
        settle(world)
        if world.disk.outbox.parent.name != "disk-0":
            raise BrokenPromiseError(Promise.KEPT, "a node was killed", world.clock.now)

    monkeypatch.setattr(Simulation, "settle", settle_badly)
    monkeypatch.setattr("tests.simulation.run.write_script", lambda *_: SCRIPT)
    with quiet():
        result = play_part(Part(SEED, HOURS), KINDS)
    assert isinstance(result, Failure)
    assert [action.kind for action in result.script] == [Kind.KILL]
    assert main(["--seed", str(SEED), "--hours", str(HOURS), "--shrink", "0"]) == 1
    assert f"seed {SEED}: FAILED" in (told := capsys.readouterr().out)
    assert "Action(Kind.KILL" in told
