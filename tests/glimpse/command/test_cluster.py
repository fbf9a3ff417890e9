"""`glimpse cluster`: what it refuses, what it says, and one machine from start to end."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any

import pytest
import yaml

from glimpse.command.app import main
from glimpse.command.cluster import describe
from pipeline.cluster.leftovers import clear_leftovers, processes_of
from pipeline.cluster.messages import CameraBeat, ClusterStatus, WorkerStatus
from tests.synthetic.rtsp import rtsp_server
from tests.synthetic.world import ROOT, World, write_config

CAMERA = {"name": "door", "source": "rtsp://127.0.0.1:9/door"}


def config(folder: Path, **sections: object) -> Path:
    return write_config(folder / "site.yaml", {"cluster": {"folder": "nodes"}, "cameras": [CAMERA]} | sections)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("node", "expected HOST:PORT of the head, or --head"),
        ("node 10.0.0.5:6379 --head", "expected HOST:PORT of the head, or --head"),
        ("node 10.0.0.5:6379 --name a,b", "expected letters"),
        ("node 10.0.0.5:6379 --network=-x", "expected letters"),
        ("up nothing.yaml", "nothing.yaml"),
    ],
)
def test_wrong_usage(words: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cluster", *words.split()]) == 2
    assert message in capsys.readouterr().err


def test_a_site_without_a_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cluster", "up", str(config(tmp_path, cluster={}))]) == 2
    assert "cluster.folder: expected" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["status", "down"])
def test_no_cluster_is_said(word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cluster", word, str(config(tmp_path))]) == 1
    assert "no cluster runs on this machine" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["up"], ["status", "--address", "127.0.0.1:9"]])
def test_without_ray_a_sentence_says_what_to_install(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    assert main(["cluster", words[0], str(config(tmp_path)), *words[1:]]) == 1
    assert "pip install '.[cluster]'" in capsys.readouterr().err


def test_ray_is_imported_by_cluster_alone() -> None:
    program = "import sys, glimpse.command.cluster; assert 'ray' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=15)


def test_lines_of_a_status() -> None:
    worker = WorkerStatus(
        node="shop",
        run="1",
        address="ipc:///x",
        networks=[],
        cores=2,
        load=0.5,
        slow=True,
        heard=0.1,
        latency_p99=None,
        cameras={"door": CameraBeat(state="live")},
    )
    status = ClusterStatus(
        waiting=True, workers=[worker], unplaced={"yard": "no worker has the network y"}, moves=0, losses=0
    )
    assert describe(status) == [
        "waiting for leases of an earlier supervisor to end",
        "shop: 0.50 of 2 cores, slow: door live",
        "yard: no worker has the network y",
    ]
    assert describe(ClusterStatus(waiting=False, workers=[], unplaced={}, moves=0, losses=0)) == ["no worker is heard"]


LOG = {"format": "json", "file": "log/site.log"}
COMMAND = [sys.executable, "-m", "glimpse", "cluster"]


@dataclass
class Running:
    """A `glimpse cluster up` whose camera is live. temporary: where Ray's folder is."""

    up: "subprocess.Popen[bytes]"
    site: Path
    temporary: Path
    environment: dict[str, str]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    pytest.importorskip("ray", reason="the extra cluster is not installed")
    world = World(tmp_path / "world", seconds=3, fps=2, size=(320, 180), face_px=(14, 40))
    with (
        tempfile.TemporaryDirectory(prefix="g-") as temporary,  # names of sockets below it must be short
        rtsp_server({"door": world.clip}) as server,
    ):
        cameras = [{"name": "door", "source": server.url("door")}]
        site = write_config(
            tmp_path / "site.yaml", world.settings(cameras=cameras, cluster={"folder": "nodes"}, log=LOG)
        )
        environment = os.environ | {"TMPDIR": temporary}
        up = subprocess.Popen([*COMMAND, "up", str(site)], cwd=ROOT, env=environment, start_new_session=True)
        try:
            assert _live_cameras(site, {"door"}) == {"door"}
            yield Running(up, site, Path(temporary), environment)
        finally:
            if up.poll() is None:
                os.killpg(up.pid, signal.SIGKILL)
                up.wait()
            clear_leftovers(tmp_path / "nodes" / "ray-session")


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_one_machine_from_start_to_ctrl_c(tmp_path: Path, running: Running) -> None:
    assert _listening(running.up.pid) != set()
    assert {address for address in _listening(running.up.pid) if not address.is_loopback} == set()
    second = [*COMMAND, "up", str(running.site)]
    done = subprocess.run(second, cwd=ROOT, env=running.environment, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "a cluster runs on this machine already" in done.stderr
    run = _workers(running.site)[0]["run"]
    _add_yard(running.site)
    assert _live_cameras(running.site, {"door", "yard"}) == {"door", "yard"}
    assert _workers(running.site)[0]["run"] == run  # the worker has gone on
    os.killpg(running.up.pid, signal.SIGINT)  # as Ctrl-C does: to all processes of the terminal
    assert running.up.wait(60) == 0
    assert os.listdir(running.temporary) == []
    assert not (tmp_path / "nodes" / "ray-address").exists()
    assert "door, yard" in _logged(tmp_path / "log" / "site.cluster.log", "cluster")
    assert "starting the worker of" in _logged(tmp_path / "log" / "site.supervisor.log", "supervisor")
    [worker] = (tmp_path / "log").glob("site.worker.*.log")
    assert "yard" in _logged(worker, "worker")


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_what_a_killed_one_left_is_gone_after_down(tmp_path: Path, running: Running) -> None:
    [folder] = running.temporary.iterdir()
    assert processes_of(folder)
    running.up.kill()
    running.up.wait()
    down = [*COMMAND, "down", str(running.site)]
    done = subprocess.run(down, cwd=ROOT, env=running.environment, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "what a killed glimpse cluster up left is gone\n")
    assert not folder.exists()
    assert processes_of(folder) == set()
    assert not (tmp_path / "nodes" / "ray-address").exists()


def _logged(file: Path, process: str) -> str:
    """The messages of a log that has JSON lines of this process alone."""
    found = [json.loads(line) for line in file.read_text().splitlines()]
    assert {line["process"] for line in found} == {process}
    return "\n".join(line["message"] for line in found)


def _add_yard(site: Path) -> None:
    """One more camera, of the same source."""
    found = yaml.safe_load(site.read_text())
    [door] = found["cameras"]
    write_config(site, found | {"cameras": [door, door | {"name": "yard"}]})


def _workers(site: Path) -> list[dict[str, Any]]:
    """Of `glimpse cluster status`; none while nothing answers."""
    asked = [*COMMAND, "status", str(site), "--json"]
    done = subprocess.run(asked, cwd=ROOT, check=False, capture_output=True, text=True, timeout=60)
    return list(json.loads(done.stdout)["workers"]) if done.stdout else []


def _live_cameras(site: Path, expected: set[str]) -> set[str]:
    """Cameras that are live, once those are that are expected, or after two minutes."""
    end = time.monotonic() + 120
    found: set[str] = set()
    while found != expected and time.monotonic() < end:
        time.sleep(1)
        cameras = [camera for worker in _workers(site) for camera in worker["cameras"].items()]
        found = {name for name, camera in cameras if camera["state"] == "live"}
    return found


def _listening(process: int) -> set[IPv4Address | IPv6Address]:
    """Addresses on which a process and those below it take TCP connections."""
    sockets = {link for one in _descendants(process) for link in _links(Path(f"/proc/{one}/fd"))}
    found: set[IPv4Address | IPv6Address] = set()
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and f"socket:[{words[9]}]" in sockets:
                words_of_host = bytes.fromhex(words[1].partition(":")[0])  # each of four bytes, the last one first
                turned = b"".join(words_of_host[at : at + 4][::-1] for at in range(0, len(words_of_host), 4))
                address = ip_address(turned)
                found.add(getattr(address, "ipv4_mapped", None) or address)
    return found


def _descendants(process: int) -> set[int]:
    parents: dict[int, int] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(status.parent.name)] = int(status.read_text().rpartition(")")[2].split()[1])
    found = {process}
    while more := {one for one, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _links(folder: Path) -> list[str]:
    found = []
    with suppress(OSError):
        for link in folder.iterdir():
            with suppress(OSError):
                found.append(os.readlink(link))
    return found
