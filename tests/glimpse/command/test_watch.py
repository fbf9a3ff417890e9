"""The watch command with a real publisher, in this process or, for signals and pipes, in its own."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import pytest

from glimpse.command.app import main
from pipeline import watch
from pipeline.bus.client import Gap
from pipeline.bus.publisher import Publisher
from pipeline.events import IdentityAction, TrackAction
from pipeline.types import CameraState
from tests.synthetic.events import camera, evidence, health, identity, one_of_each, renamed, track

ROOT = Path(__file__).parents[3]


@contextmanager
def node(outbox: str = "") -> Iterator[Publisher]:
    """A publisher with one camera that is live."""
    with closing(Publisher("tcp://127.0.0.1:*", node="node", epoch="e1", outbox=outbox)) as publisher:
        publisher.on_event(camera(0))
        yield publisher


def run(*arguments: str, timeout: float = 15) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline.watch", *arguments]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=timeout, env=environment)


@pytest.mark.slow
def test_prints_one_line_for_each_event(tmp_path: Path) -> None:
    with node(str(tmp_path / "o.db")) as publisher:
        publisher.on_event(identity(0, person="Zoë 李雷"))
        done = run(publisher.address, "--count", "2", "--replay")
    assert done.returncode == 0
    first, second = done.stdout.splitlines()
    assert "door" in first
    assert "camera live 640x360" in first
    assert "door #1" in second
    assert "named Zoë 李雷  [named Zoë 李雷 0.61, 9 faces: 9 faces, median 14 px]" in second


def test_a_new_name_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with node(str(tmp_path / "o.db")) as publisher:
        publisher.on_event(renamed("Ada", "Bea"))
        assert main(["watch", publisher.address, "--topic", "v1/person/", "--count", "1", "--replay"]) == 0
    assert "renamed Bea (Ada)" in capsys.readouterr().out


def test_json_lines_are_the_events(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    with node() as publisher:
        assert main(["watch", publisher.address, "--count", "1", "--json"]) == 0
    assert json.loads(capsysbinary.readouterr().out)["state"] == "live"


def test_topic_selects_events(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    with node() as publisher:
        publisher.on_event(identity(0))
        assert main(["watch", publisher.address, "--count", "1", "--json", "--topic", "v1/identity/"]) == 0
    assert json.loads(capsysbinary.readouterr().out)["kind"] == "identity"


def test_the_exit_code_is_1_only_if_events_are_missing(capsys: pytest.CaptureFixture[str]) -> None:
    with node() as publisher:
        assert main(["watch", publisher.address, "--timeout", "0.5", "--count", "2"]) == 1
        assert main(["watch", publisher.address, "--timeout", "0.3"]) == 0
        assert main(["watch", publisher.address, "--count", "0"]) == 0


@pytest.mark.parametrize("address", ["nonsense", "tcp://host", "http://host:80", "tcp://127.0.0.1:*"])
def test_a_bad_address_is_a_usage_error(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", address]) == 2
    assert "expected tcp://HOST:PORT or ipc://PATH" in capsys.readouterr().err


def test_missing_keys_are_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", "tcp://127.0.0.1:5556", "--curve", str(tmp_path)]) == 2
    assert "python -m pipeline.curve" in capsys.readouterr().err


def test_a_silent_node_is_one_warning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(watch, "SILENCE_SECONDS", 0.05)
    monkeypatch.setattr(watch, "POLL_SECONDS", 0.1)
    assert main(["watch", f"ipc://{tmp_path}/nobody", "--timeout", "0.4"]) == 0
    assert capsys.readouterr().err.count("no heartbeat for") == 1


@pytest.mark.slow
def test_control_c_exits_with_130_and_no_traceback() -> None:
    with node() as publisher:
        command = [sys.executable, "-m", "glimpse", "watch", publisher.address, "--json"]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout
            assert process.stderr
            assert json.loads(process.stdout.readline())["kind"] == "camera", "it is connected"
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 130
            assert process.stderr.read() == b""


@pytest.mark.slow
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_reader_that_closes_the_pipe_is_not_an_error(form: tuple[str, ...]) -> None:
    with node() as publisher:
        command = [sys.executable, "-m", "glimpse", "watch", publisher.address, *form]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout
            assert process.stderr
            assert b"live" in process.stdout.readline()
            process.stdout.close()
            stop = threading.Event()
            for seq in range(1000):
                publisher.on_event(health(seq))
                if process.poll() is not None:
                    break
                stop.wait(0.01)
            assert process.wait(5) == 0
            assert process.stderr.read() == b""


def test_every_kind_has_one_readable_line() -> None:
    lines = [watch.describe(event) for event in one_of_each()]
    assert [line.partition("  ")[2] for line in lines] == [
        "door #1                  track update  24 px, 1.5 s  [named Ada 0.61, 9 faces: 9 faces, median 14 px]",
        "door #1                  named Ada  [named Ada 0.61, 9 faces: 9 faces, median 14 px]",
        "door                     camera live 640x360",
        "node                     alive for 12 s, 1 cameras, 3 people, latency p99 50 ms",
        "door #1                  sample of 3.0 looks, 24 px, crop of 28 px",
    ]


def test_names_reasons_and_gaps_in_a_line() -> None:
    assert "retracted Ada  [unknown 0.61" in watch.describe(identity(0, person=None))
    assert "track end (lost)" in watch.describe(track(0, action=TrackAction.END, reason="lost"))
    assert "camera failed" in watch.describe(camera(0, CameraState.FAILED))
    assert watch.describe(Gap("v1/track/door/", "e1", 3, 5)) == "lost 3 events of v1/track/door/ (3 to 5 of run e1)"
    assert "lost the end of t (unknown how many events from 3" in watch.describe(Gap("t", "e", 3, 3, open_end=True))
    assert json.loads(watch.to_json(Gap("t", "e", 3, 3, open_end=True)))["open_end"] is True
    assert json.loads(watch.to_json(Gap("t", "e", 3, 5))) == {
        "kind": "gap",
        "topic": "t",
        "epoch": "e",
        "first": 3,
        "last": 5,
    }
    assert IdentityAction.RENAMED not in watch.describe(track(0))


def test_control_characters_do_not_reach_the_terminal() -> None:
    line = watch.describe(track(0, evidence=evidence("\x1b[2J\nEve\u202e")))
    assert line.isprintable()
    assert "Eve" in line


@pytest.mark.parametrize("seconds", [1e300, -1e15, 1e13])
def test_a_time_that_no_calendar_has_is_a_line_too(seconds: float) -> None:
    assert "track update" in watch.describe(msgspec.structs.replace(track(0), wall_time=seconds))
