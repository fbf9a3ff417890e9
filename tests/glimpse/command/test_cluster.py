"""`glimpse cluster`: what it refuses, what it says, and one machine from start to end."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from glimpse.command.app import main
from glimpse.command.cluster import describe
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
    assert "install glimpse-faces[cluster]" in capsys.readouterr().err


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


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_one_machine_from_start_to_ctrl_c(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="install glimpse-faces[cluster]")
    with tempfile.TemporaryDirectory(prefix="g-") as temporary:  # names of sockets below it must be short
        _run_and_interrupt(tmp_path, temporary)
        assert os.listdir(temporary) == []
    assert not (tmp_path / "nodes" / "ray-address").exists()


def _run_and_interrupt(tmp_path: Path, temporary: str) -> None:
    environment = os.environ | {"TMPDIR": temporary}
    world = World(tmp_path / "world", seconds=3, fps=2, size=(320, 180), face_px=(14, 40))
    with rtsp_server({"door": world.clip}) as server:
        cameras = [{"name": "door", "source": server.url("door")}]
        site = write_config(tmp_path / "site.yaml", world.settings(cameras=cameras, cluster={"folder": "nodes"}))
        command = [sys.executable, "-m", "glimpse", "cluster"]
        up = subprocess.Popen([*command, "up", str(site)], cwd=ROOT, env=environment, start_new_session=True)
        try:
            assert _state_of_door(command, site) == "live"
            os.killpg(up.pid, signal.SIGINT)  # as Ctrl-C does: to all processes of the terminal
            assert up.wait(60) == 0
        finally:
            if up.poll() is None:
                os.killpg(up.pid, signal.SIGKILL)


def _state_of_door(command: list[str], site: Path) -> str:
    """Its state, once a worker tells it."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        asked = [*command, "status", str(site), "--json"]
        done = subprocess.run(asked, cwd=ROOT, check=False, capture_output=True, text=True, timeout=60)
        if done.stdout:
            cameras = [camera for worker in json.loads(done.stdout)["workers"] for camera in worker["cameras"].values()]
            if [camera for camera in cameras if camera["state"] == "live"]:
                return "live"
        time.sleep(1)
    return ""
