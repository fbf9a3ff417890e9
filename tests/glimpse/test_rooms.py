"""Rooms as real processes: started, restarted when they die, ended with the run, and with a parent that is killed."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from glimpse import rooms
from glimpse.rooms import Command, open_rooms, wanted_rooms
from glimpse.tethered import NICENESS
from pipeline.settings.load import make_settings
from tests.pipeline.web.security.site import free_port
from tests.synthetic.events import until
from tests.synthetic.node import free_address, running
from tests.synthetic.portraits import write_portrait_clip
from tests.synthetic.rtsp import rtsp_server
from tests.synthetic.world import ROOT, write_config

PAGE = {"events": {"bind": "tcp://127.0.0.1:7000"}, "web": {"address": "127.0.0.1:7100"}}


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/").status_code == 200
    except httpx.TransportError:
        return False


def page_command(port: int) -> Command:
    return Command("web", ("web", "--bus", free_address(), "--address", f"127.0.0.1:{port}"))


def pids_of(port: int) -> list[int]:
    """The processes that were started for the page at this port."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"glimpse.tethered" in words and f"127.0.0.1:{port}".encode() in words:
            found.append(int(folder.name))
    return found


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ({}, ["web"]),
        ({"history": {"file": "h.db"}}, ["web", "history"]),
        (
            {"alerts": {"file": "a.db"}, "mqtt": {"broker": "b"}, "mail": {"server": "m:25"}},
            ["web", "alerts", "mqtt", "mail"],
        ),
    ],
)
def test_rooms_are_those_whose_sections_are_filled(
    sections: dict[str, object], expected: list[str], tmp_path: Path
) -> None:
    config = write_config(tmp_path / "site.yaml", {**PAGE, **sections})
    found = wanted_rooms(make_settings({**PAGE, **sections}, environment={}), config=config, bus="ipc://b")
    assert [command.name for command in found] == expected
    assert all(("--config", str(config)) == command.arguments[-2:] for command in found[1:])


def test_what_the_file_says_of_the_gallery_stands_in_no_command_line(tmp_path: Path) -> None:
    given = {"gallery": "postgresql://ada:sesame@db.example/glimpse"}
    config = write_config(tmp_path / "site.yaml", given)
    [page] = wanted_rooms(make_settings(given, environment={}), config=config, bus="ipc://b")
    assert "--gallery" not in page.arguments
    [page] = wanted_rooms(make_settings({"gallery": "g.db"}, environment={}), config=config, bus="ipc://b")
    assert page.arguments[-2:] == ("--gallery", "g.db")


def test_without_a_file_only_the_page_runs() -> None:
    found = wanted_rooms(make_settings({"gallery": "g.db"}, environment={}), config=None, bus="ipc://b")
    assert found == [Command("web", ("web", "--bus", "ipc://b", "--gallery", "g.db"))]


def test_rooms_log_as_their_run_does_each_into_a_file_of_its_own() -> None:
    given = {"log": {"format": "json", "file": "glimpse.log"}}
    [page] = wanted_rooms(make_settings(given, environment={}), config=None, bus="ipc://b")
    assert page.arguments[-4:] == ("--log-format", "json", "--log-file", "glimpse.web.log")


@pytest.mark.slow
@pytest.mark.timeout(90)
def test_a_room_that_is_killed_is_started_again_and_ends_with_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "FIRST_PAUSE_SECONDS", 0.1)
    port = free_port()
    with open_rooms([page_command(port)]):
        until(lambda: answers(port), seconds=30)
        first = pids_of(port)
        assert os.getpriority(os.PRIO_PROCESS, first[0]) >= NICENESS
        os.kill(first[0], signal.SIGKILL)
        until(lambda: answers(port) and pids_of(port) != first, seconds=30)
    assert not answers(port)
    assert pids_of(port) == []


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_a_room_whose_settings_are_wrong_is_not_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    with open_rooms([Command("web", ("web", "--bus", "nowhere"))]):
        until(lambda: "its settings cannot be used" in caplog.text, seconds=30)
    assert "started again" not in caplog.text


@pytest.mark.slow
@pytest.mark.timeout(90)
def test_a_room_that_gave_up_is_started_when_its_settings_change(caplog: pytest.LogCaptureFixture) -> None:
    port = free_port()
    with open_rooms([Command("web", ("web", "--bus", "nowhere"))]) as opened:
        until(lambda: "its settings cannot be used" in caplog.text, seconds=30)
        command = page_command(port)
        until(lambda: answers(port), poke=lambda: opened.start([command]), seconds=30)
        assert len(pids_of(port)) == 1


@pytest.mark.slow
@pytest.mark.timeout(90)
def test_rooms_end_with_a_parent_that_is_killed() -> None:
    port = free_port()
    program = f"import time; from glimpse.rooms import *\nwith open_rooms([{page_command(port)!r}]): time.sleep(60)"
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT)
    try:
        until(lambda: answers(port), seconds=30)
    finally:
        parent.kill()
        parent.wait()
    until(lambda: pids_of(port) == [], seconds=15)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_run_with_page_and_history_ends_them_all(tmp_path: Path) -> None:
    """The page shows the camera, the history has its tracks, the first rule starts the alerts, Ctrl-C ends all."""
    port = free_port()
    clip = write_portrait_clip(tmp_path / "door.mp4", "Ada", seconds=8)
    settings = {
        "cameras": [{"name": "door", "source": "${env:DOOR}"}],
        "events": {"bind": free_address(), "samples": "all"},
        "history": {"file": str(tmp_path / "h.db"), "unknowns": True},
        "web": {"address": f"127.0.0.1:{port}"},
    }
    config = write_config(tmp_path / "site.yaml", settings)
    with (
        rtsp_server({"door": clip}) as server,
        running(tmp_path, "--config", config, "--web", DOOR=server.url("door")) as node,
    ):
        until(lambda: answers(port) and "door" in httpx.get(f"http://127.0.0.1:{port}/").text, seconds=60)
        until(lambda: httpx.get(f"http://127.0.0.1:{port}/live/pictures/glimpse/door").status_code == 200, seconds=40)
        _add_a_rule(f"http://127.0.0.1:{port}")
        until(lambda: "No alerts process" not in httpx.get(f"http://127.0.0.1:{port}/alerts").text, seconds=60)
        assert (tmp_path / "alerts.db").exists()
        until(lambda: "/tracks/1" in httpx.get(f"http://127.0.0.1:{port}/timeline").text, seconds=40)
        assert node.end(signal.SIGINT) == 130
    assert not answers(port)


def _add_a_rule(address: str) -> None:
    """As the page's form does it."""
    with httpx.Client(base_url=address) as client:
        page = client.get("/alerts/rules/new").text
        hidden = dict(re.findall(r'name="(csrf|digest)" value="([^"]+)"', page))
        answer = client.post("/alerts/rules/add", data={**hidden, "kind": "unknown", "name": "strangers"})
        assert answer.status_code == 303
