"""The file of the self-check: kept whole, for its owner, and read by a node when it changes."""

import os
from pathlib import Path

import pytest

from pipeline.site.selfcheck_file import Fault, SelfCheckFile, SelfCheckState, Usual, load_state, save_state

FAULT = Fault(camera="door", kind="blur", text="sharpness is 0.5 times", advice="Clean the lens", chance=1e-6)
STATE = SelfCheckState(
    checked_at=1000.0,
    model_id="m",
    cameras=("door", "till"),
    faults=(FAULT, Fault(camera="", kind="shift", text="faces lie", advice="", chance=1e-9)),
    usual={"door": {"sharpness": Usual(means=(0.1, 0.2), tracks=80)}},
)


def test_it_is_read_as_it_was_written_and_is_the_owners(tmp_path: Path) -> None:
    path = tmp_path / "selfcheck.json"
    assert load_state(path) == SelfCheckState()
    save_state(path, STATE)
    assert load_state(path) == STATE
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected a file of glimpse selfcheck"),
        (b"[1]", "expected a file of glimpse selfcheck"),
        (b"\xff\xfe", "expected a file of glimpse selfcheck"),
        (b"[" * 100_000, "expected a file of glimpse selfcheck"),
        (b'{"version": 2}', "expected version 1, got 2"),
    ],
)
def test_other_files_are_refused(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "selfcheck.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        load_state(path)


def test_a_node_reads_it_when_it_changes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "selfcheck.json"
    file = SelfCheckFile(str(path))
    assert file.read() is None
    save_state(path, STATE)
    health = file.read()
    assert health is not None
    assert (health.findings, health.cameras, health.checked_at, health.worst) == (2, 2, 1000.0, "faces lie")
    path.write_bytes(b"half a fi")
    os.utime(path, (1, 1))
    assert file.read() == health
    assert file.read() == health
    assert len(caplog.records) == 1
    path.unlink()
    assert file.read() == health


def test_without_a_file_nothing_is_said(tmp_path: Path) -> None:
    assert SelfCheckFile("").read() is None
    save_state(tmp_path / "new.json", SelfCheckState())
    assert SelfCheckFile(str(tmp_path / "new.json")).read() is None
