"""Two real kills lose nothing; `make chaos` makes eighty. A client that loses, repeats or forgets is found."""

import json
from pathlib import Path

import pytest

from tests.endurance import chaos
from tests.endurance.audit import Record, judge
from tests.endurance.child import EndedEarlyError
from tests.endurance.plan import Life, Moment

LIVES = [
    Life(Moment.NEW_TRACK, wait=0.0, is_client_killed=True),
    Life(Moment.WRITING, wait=0.2, freeze=0.2),
]


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_killed_nodes_lose_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(chaos, "draw_lives", lambda *_: LIVES)
    assert (
        chaos.main(["--seed", "1", "--kills", "2", "--resumes", "1", "--json", "--keep", str(tmp_path / "kept")]) == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert told["kills"] == dict.fromkeys(Moment, 0) | {Moment.NEW_TRACK: 1, Moment.WRITING: 1}
    assert (told["freezes"], told["client_kills"], told["recording_kills"], told["runs"]) == (1, 1, 1, 4)
    assert told["repeated_told"] > told["repeated_untold"] == 0
    assert told["kept"] == told["received"] > 0
    assert told["tracks"] > told["endless"] == 0
    assert (tmp_path / "kept" / "outbox.db").exists()


def test_a_fault_ends_in_exit_code_1(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.synthetic.events import track

    lost = judge(Record(sent=[], kept=[track(0)], received=[]))
    monkeypatch.setattr(chaos, "run", lambda *_: (chaos.Toll(7), lost))
    assert chaos.main(["--seed", "7", "--kills", "1"]) == 1
    told = capsys.readouterr()
    assert "fault: 1 kept events were lost without a Gap (seed 7)" in told.err
    assert "lost without a Gap" in told.out


def test_a_node_that_ends_by_itself_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def end(*_: object) -> None:
        raise EndedEarlyError("the node ended by itself with exit code 1:\nno space")

    monkeypatch.setattr(chaos, "run", end)
    assert chaos.main(["--kills", "1"]) == 1
    assert "no space" in capsys.readouterr().err


def test_the_outbox_is_watched_for_a_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([1, 1, 2])
    monkeypatch.setattr(chaos, "_changed", lambda _: next(times))
    chaos.wait_for_write(tmp_path / "outbox.db")
    assert next(times, None) is None
