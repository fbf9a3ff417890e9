"""The log of a process: its handlers, the files of rooms, and what is said beside it."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.logs.open_log import announce, console_for, is_json_log, open_log, room_log
from pipeline.secrets.error_line import print_error
from pipeline.settings.rooms.log import LogSettings
from tests.synthetic.kept_logging import kept_logging


@pytest.fixture(autouse=True)
def _root_back() -> Iterator[None]:
    with kept_logging():
        logging.getLogger().handlers[:] = []
        yield


def objects(text: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_file_and_standard_error_have_the_same_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "glimpse.log"
    open_log(LogSettings(format="json", file=str(path)), process="run", node="shop")
    logging.getLogger("glimpse").info("hello")
    logging.getLogger("glimpse").debug("not this")
    assert capsys.readouterr().err == path.read_text()
    assert [(line["message"], line["node"]) for line in objects(path.read_text())] == [("hello", "shop")]


def test_text_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    open_log(LogSettings(), process="run")
    logging.getLogger("glimpse").warning("hello")
    assert capsys.readouterr().err.endswith(" WARNING hello\n")
    assert not is_json_log()


def test_everything_that_a_run_prints_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    settings = LogSettings(format="json")
    open_log(settings, process="run", level="WARNING")
    announce("page: http://127.0.0.1:8080")
    print_error(ValueError("rtsp://me:secret@door is wrong"))
    console_for(settings).print("[red]two\nlines[/] " + "long " * 200)
    said = [(line["level"], line["message"]) for line in objects(capsys.readouterr().err)]
    assert said[:2] == [("info", "page: http://127.0.0.1:8080"), ("error", "rtsp://***@door is wrong")]
    assert said[2:] == [("info", "two"), ("info", "lines " + ("long " * 200).strip())]


def test_what_is_announced_has_its_level_and_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    open_log(LogSettings(format="json"), process="run", level="CRITICAL")
    long = "Ada [red]" + "x" * 20_000
    announce(long, level=logging.ERROR)
    [line] = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (line["level"], line["message"]) == ("error", long)


def test_a_file_that_cannot_be_opened_leaves_the_log_as_it_was(tmp_path: Path) -> None:
    open_log(LogSettings(), process="run")
    before = logging.getLogger().handlers[:]
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        open_log(LogSettings(file=str(tmp_path / "file" / "log")), process="run")
    assert logging.getLogger().handlers == before


def test_rooms_write_beside_the_file_of_their_run() -> None:
    settings = LogSettings(format="json", file="/var/log/glimpse.log", keep=2)
    assert room_log(settings, "web") == LogSettings(format="json", file="/var/log/glimpse.web.log", keep=2)
    assert room_log(LogSettings(), "web") == LogSettings()


UNCAUGHT = """
import threading, warnings
from pipeline.logs.open_log import open_log
from pipeline.settings.rooms.log import LogSettings
open_log(LogSettings(format="json"), process="run")
warnings.warn("password=hunter2secret")
def fail(): raise OSError("rtsp://me:hunter2secret@door")
thread = threading.Thread(target=fail, name="read door"); thread.start(); thread.join()
fail()
"""


def test_what_nobody_catches_is_json_without_secrets() -> None:
    run = subprocess.run([sys.executable, "-c", UNCAUGHT], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "hunter2secret" not in run.stderr
    warning, in_thread, at_last = objects(run.stderr)
    assert warning["logger"] == "py.warnings"
    assert in_thread["message"] == "uncaught OSError in thread read door"
    assert "OSError: rtsp://***@door" in in_thread["exception"]
    assert (at_last["level"], at_last["message"]) == ("critical", "uncaught OSError")
