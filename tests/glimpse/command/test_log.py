"""The log of real commands: JSON alone on standard error, a private file, and no secret in either."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.synthetic.portraits import FACES, write_portrait_clip

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
SECRET = "hunter2secret"


def glimpse(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "glimpse", *words]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=100, check=False, env=os.environ | environment
    )


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_run_with_flags(tmp_path: Path) -> None:
    path = tmp_path / "log" / "run.log"
    url = f"rtsp://viewer:{SECRET}@127.0.0.1:9/door?token={SECRET}"
    run = glimpse(
        *("run", url, "--recognizer=", "--bind=none", "--duration=2"), *("--log-format=json", f"--log-file={path}")
    )
    found = objects(run.stderr)
    assert found == objects(path.read_text())
    assert path.stat().st_mode & 0o777 == 0o600
    assert SECRET not in run.stderr + path.read_text() + run.stdout
    assert {line["process"] for line in found} == {"run"}
    refused = [line for line in found if "connection refused" in line["message"]]
    assert refused
    assert refused[0]["camera"]
    assert refused[0]["level"] == "warning"


def test_a_mistake_in_the_file_is_a_line_too(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(
        f"site: {{timezone: Mars/Base}}\nnode: shop\ncameras: [{{source: '{SECRET}'}}]\n"
    )
    run = glimpse("run", "--config", str(tmp_path / "site.yaml"), "--log-format=json")
    [line] = objects(run.stderr)
    assert run.returncode == 2
    assert line["level"] == "error"
    assert "site.timezone: time zone 'Mars/Base': expected an IANA name" in line["message"]


def test_photographs_are_logged_as_json_too(tmp_path: Path) -> None:
    run = glimpse("run", str(FACES / "Ada.jpg"), "--log-format=json", f"--log-file={tmp_path / 'run.log'}")
    [line] = objects(run.stderr)
    assert line["message"].startswith("Nothing is compared: no gallery was given.")
    assert objects((tmp_path / "run.log").read_text()) == [line]
    assert run.stdout.count("\n") == 1


def test_the_summary_of_a_run_is_a_whole_line_for_each_person(tmp_path: Path) -> None:
    """On a narrow terminal, and where the terminal can do nothing."""
    name = "Ada " + "x" * 190
    write_portrait_clip(tmp_path / "a.mp4", "Ada")
    glimpse("enroll", str(FACES / "Ada.jpg"), "--name", name, "--gallery", str(tmp_path / "p.db"))
    words = ("run", str(tmp_path / "a.mp4"), "--gallery", str(tmp_path / "p.db"), "--log-format=json", "--bind=none")
    for terminal in ({"TERM": "dumb"}, {"COLUMNS": "40", "LINES": "10"}):
        found = [line for line in objects(glimpse(*words, **terminal).stderr) if name in line["message"]]
        assert [line["message"].startswith(f"{name}: first seen 0:0") for line in found] == [True]
        assert {(line["logger"], line["level"]) for line in found} == {("glimpse", "info")}


def test_rooms_read_the_section_and_write_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(
        "node: shop\nlog: {format: json, file: log/glimpse.log}\nhistory: {file: 'postgresql://me:${env:PW}@127.0.0.1:9/x'}\n"
        "events: {bind: 'tcp://127.0.0.1:5999'}\n"
    )
    run = glimpse("history", "record", "--config", str(tmp_path / "site.yaml"), PW=SECRET)
    assert run.returncode != 0
    assert SECRET not in run.stderr
    found = objects(run.stderr)
    assert {(line["process"], line["node"]) for line in found} == {("history", "shop")}
    path = tmp_path / "log" / "glimpse.history.log"
    assert objects(path.read_text()) == found
    assert SECRET not in path.read_text()
