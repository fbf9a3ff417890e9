"""The whole program: real processes, H.264 and networks, exit codes, interruption and resuming."""

import csv
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pipeline.version import VERSION
from tests.synthetic.small_disk import small_disk
from tests.synthetic.video import move_index_first, walk_clip
from tests.synthetic.world import ROOT, World

pytestmark = pytest.mark.slow  # every test starts the program, some three times
PEOPLE = ("Ada", "Grace")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"), names=PEOPLE, seconds=5, size=(320, 240), face_px=(12, 36))


def start(*arguments: str | Path, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "run_pipeline.py", *map(str, arguments)]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
    return subprocess.Popen(command, cwd=ROOT, **pipes)


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    with start(*arguments) as process:
        out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def events(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def timeless(path: Path) -> list[dict[str, Any]]:
    """Events without what differs between runs: the run's id and the wall clock."""
    return [
        {key: value for key, value in event.items() if key not in ("epoch", "wall_time", "time")}
        for event in events(path)
    ]


@pytest.mark.timeout(120)
def test_a_recording_from_frames_to_names_and_report(world: World, tmp_path: Path) -> None:
    report = tmp_path / "report"
    done = run("--source", world.clip, "--config", world.config, "--report", report, "--save-video")
    assert done.returncode == 0, done.stderr
    assert all(f"\n{name} " in done.stderr for name in PEOPLE)
    assert f"Report: {report / 'index.html'}\n" in done.stderr
    written = events(report / "events.jsonl")
    named = {event["person"] for event in written if event["kind"] == "identity" and event["action"] == "named"}
    assert named == set(PEOPLE)
    new = [event["track"] for event in written if event["kind"] == "track" and event["action"] == "new"]
    ended = [event["track"] for event in written if event["kind"] == "track" and event["action"] == "end"]
    assert sorted(new) == sorted(ended) == sorted(set(new))
    assert written[-1] | {"wall_time": 0} == written[-1] | {
        "kind": "camera",
        "state": "ended",
        "final": True,
        "wall_time": 0,
    }
    rows = list(csv.DictReader((report / "tracks.csv").read_text(encoding="utf-8").splitlines()))
    assert {row["person"] for row in rows if row["state"] == "named"} == set(PEOPLE)
    assert any(row["state"] != "named" for row in rows)
    assert len(list((report / "faces").glob("*.jpg"))) == len(rows)
    assert "<html" in (report / "index.html").read_text(encoding="utf-8")
    assert list(report.glob("*.mp4"))
    assert not list(report.glob("journal*"))  # a report that is handed on must hold no embeddings
    page = (report / "index.html").read_text(encoding="utf-8")
    assert 'href="annotated.mp4#t=' in page
    assert 'alt="Enrolled picture of Ada"' in page


@pytest.mark.timeout(120)
def test_a_second_run_has_a_folder_of_its_own_and_json_says_which(world: World, tmp_path: Path) -> None:
    words = ("--source", world.clip, "--config", world.config, "--report", tmp_path / "r", "--json", "--end", "2")
    found = [json.loads(run(*words, *more).stdout) for more in ((), (), ("--overwrite",))]
    folders = [Path(one["report"]).parent.name for one in found]
    assert folders == ["r", "r-2", "r"]
    assert found[0]["compared"] is True
    assert found[0]["people"] == found[1]["people"]
    assert {"name", "first_seen", "last_seen", "seconds", "face_px", "score", "threshold"} <= set(found[0]["people"][0])


@pytest.mark.timeout(120)
def test_each_name_is_on_that_persons_face(world: World, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    assert run("--source", world.clip, "--config", world.config, "--events", path).returncode == 0
    for event in events(path):
        if event["kind"] == "identity":
            box = world.truth.boxes[round(event["media_time"] * world.truth.fps)][PEOPLE.index(event["person"])]
            middle = (event["box"][0] + event["box"][2]) / 2
            assert box[0] < middle < box[2]


@pytest.mark.timeout(120)
def test_the_same_recording_gives_the_same_events(world: World, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert run("--source", world.clip, "--config", world.config, "--events", tmp_path / name).returncode == 0
    assert timeless(tmp_path / "a") == timeless(tmp_path / "b")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("how", [(), ("--scan-seconds", "0.5")], ids=["whole frames", "on a schedule"])
def test_a_killed_and_resumed_run_gives_the_bytes_of_a_whole_one(
    world: World, tmp_path: Path, how: tuple[str, ...]
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert run("--source", world.clip, "--config", world.config, "--report", whole, *how).returncode == 0
    with start("--source", world.clip, "--config", world.config, "--report", broken, *how) as process:
        wait_for(lambda: (broken / "events.jsonl").exists() and "identity" in (broken / "events.jsonl").read_text())
        process.kill()
    assert process.returncode == -signal.SIGKILL
    resumed = run("--source", world.clip, "--config", world.config, "--report", broken, "--resume", *how)
    assert resumed.returncode == 0, resumed.stderr
    assert all(event["epoch"].endswith("-resumed") for event in events(broken / "events.jsonl"))
    assert not any(event["epoch"].endswith("-resumed") for event in events(whole / "events.jsonl"))
    assert timeless(broken / "events.jsonl") == timeless(whole / "events.jsonl")
    assert (broken / "tracks.csv").read_bytes() == (whole / "tracks.csv").read_bytes()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("room", [32 << 10, 160 << 10], ids=["at the start", "on the way"])
def test_a_run_that_fills_the_disk_is_resumed_when_there_is_room(world: World, tmp_path: Path, room: int) -> None:
    whole = tmp_path / "whole"
    assert run("--source", world.clip, "--config", world.config, "--report", whole).returncode == 0
    with small_disk(tmp_path / "disk") as disk:
        broken = disk.folder / "broken"
        disk.fill(leave=room)
        command = ("--source", world.clip, "--config", world.config, "--report", broken)
        stopped = run(*command)
        assert stopped.returncode == 1, stopped.stderr
        assert "Traceback" not in stopped.stderr
        assert re.search(
            "disk is full|No space left on device|disk I/O error|no room is left on the disk", stopped.stderr
        )
        disk.make_room()
        resumed = run(*command, "--resume")
        assert resumed.returncode == 0, resumed.stderr
        assert timeless(broken / "events.jsonl") == timeless(whole / "events.jsonl")
        assert (broken / "tracks.csv").read_bytes() == (whole / "tracks.csv").read_bytes()


def wait_for(happened: Any, *, seconds: float = 30) -> None:
    """Poll for a file of another process: there is no handshake with a file."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.mark.timeout(120)
def test_resuming_something_else_is_refused(world: World, tmp_path: Path) -> None:
    report = tmp_path / "report"
    run("--source", world.clip, "--config", world.config, "--report", report, "--duration", "0.001")
    assert (report / "journal.db").exists()
    other = run("--source", world.clip, "--config", world.config, "--report", report, "--resume", "--tile", "160")
    assert other.returncode == 2
    assert "--tile differs" in other.stderr
    whole = tmp_path / "whole"
    assert run("--source", world.clip, "--config", world.config, "--report", whole).returncode == 0
    again = run("--source", world.clip, "--config", world.config, "--report", whole, "--resume", "--end", "1")
    assert again.returncode == 2
    assert "is complete" in " ".join(again.stderr.split())


@pytest.mark.timeout(120)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_a_report_and_ends_with_130(
    world: World, tmp_path: Path, number: signal.Signals
) -> None:
    report = tmp_path / "report"
    long = tmp_path / "long.mp4"
    walk_clip(long, people=3, seconds=60, size=(320, 240), face_px=(12, 36))
    with start("--source", long, "--config", world.config, "--report", report) as process:
        wait_for(lambda: (report / "events.jsonl").exists() and '"track"' in (report / "events.jsonl").read_text())
        process.send_signal(number)
        _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert re.search(
        rf"To go on: glimpse run {re.escape(str(long))} .*--report {re.escape(str(report))} --resume", told
    )
    written = events(report / "events.jsonl")
    new = {event["track"] for event in written if event["kind"] == "track" and event["action"] == "new"}
    assert new == {event["track"] for event in written if event["kind"] == "track" and event["action"] == "end"}
    assert (report / "index.html").exists()


@pytest.mark.timeout(60)
def test_events_on_standard_output_are_nothing_but_events(world: World) -> None:
    done = run("--source", world.clip, "--config", world.config, "--events", "-")
    assert done.returncode == 0
    assert {json.loads(line)["kind"] for line in done.stdout.splitlines()} == {"camera", "track", "identity"}


@pytest.mark.timeout(60)
def test_a_reader_that_goes_away_is_no_error(world: World) -> None:
    watched = ["--source", str(world.clip), "--config", str(world.config)]
    command = [sys.executable, "run_pipeline.py", *watched, "--events", "-"]
    script = 'set -o pipefail; "$@" | head -n 1 >/dev/null'
    done = subprocess.run(["bash", "-c", script, "-", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert "Broken" not in done.stderr


@pytest.mark.timeout(60)
def test_events_that_could_not_be_written_and_half_a_file_are_told_at_the_end(world: World, tmp_path: Path) -> None:
    half = move_index_first(world.clip, tmp_path / "half.mp4")
    half.write_bytes(half.read_bytes()[: half.stat().st_size * 2 // 3])
    done = run("--source", half, "--config", world.config, "--events", "/dev/full")
    assert done.returncode == 1
    assert re.search(r"lost events: [1-9]", done.stderr)
    assert re.search("^half: .*the file is truncated: ", done.stderr, re.MULTILINE)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, ["glimpserunnight.mp4", "--config"]),
        (["--fancy"], 2, ["--fancy"]),
        (["--source", "{clip}", "--detector", "{detector}", "--save-video", "a.txt"], 2, ["a.txt", ".mp4"]),
        (["--source", "{clip}", "--detector", ""], 4, ["--detector"]),
        (["--source", "{clip}", "--detector", "nowhere.onnx"], 4, ["nowhere.onnx"]),
        (["--source", "{clip}", "--detector", "{clip}"], 2, ["walk.mp4"]),
        (["--source", "{clip}", "--detector", "{detector}", "--recognizer", "nowhere.onnx"], 4, ["nowhere.onnx"]),
        (["--source", "{clip}", "--detector", "{detector}", "--gallery", "{clip}"], 2, ["walk.mp4"]),
        (["--source", "nowhere.mp4", "--detector", "{detector}"], 3, ["nowhere.mp4"]),
        (["--source", "{detector}", "--detector", "{detector}"], 3, ["detector"]),
        (["--source", "{clip}", "--detector", "{detector}", "--roi", "2,2"], 2, ["roi", "2,2"]),
        (["--source", "{clip}", "--detector", "{detector}", "--fps", "-1"], 2, ["fps", "-1"]),
        (["--source", "{clip}", "--detector", "{detector}", "--bind", "tcp://0.0.0.0:5556"], 2, ["0.0.0.0", "curve"]),
        (["--source", "{clip}", "--detector", "{detector}", "--device", "cuda"], 2, ["cuda"]),
        (["--source", "{clip}", "--detector", "{detector}", "--resume"], 2, ["--report"]),
        (["--config", "nowhere.yaml"], 2, ["nowhere.yaml"]),
        (["--source", "{clip}", "--detector", "{detector}", "--events", "/nowhere/e.jsonl"], 1, ["/nowhere/e.jsonl"]),
        (["--source", "{clip}", "--detector", "{detector}", "--report", "{clip}/r"], 1, ["walk.mp4"]),
    ],
)
def test_a_mistake_ends_with_its_code_and_a_message(
    world: World, arguments: list[str], code: int, words: list[str]
) -> None:
    done = run(*(part.format(clip=world.clip, detector=world.detector) for part in arguments))
    assert done.returncode == code, done.stderr
    flat = " ".join(done.stderr.split())
    assert all(word.lower() in flat.lower().replace(" ", "") or word in flat for word in words), flat
    assert "Traceback" not in done.stderr


def test_version_and_help_need_no_models() -> None:
    assert run("--version").stdout.strip() == f"glimpse {VERSION}"
    assert "exit codes" in run("--help").stdout


@pytest.mark.timeout(60)
def test_check_opens_everything_and_runs_nothing(world: World, tmp_path: Path) -> None:
    fine = run("--source", world.clip, "--config", world.config, "--check", "--report", tmp_path / "r")
    assert fine.returncode == 0, fine.stderr
    assert "320x240" in fine.stdout
    assert "2 people" in fine.stdout
    assert not (tmp_path / "r").exists()


@pytest.mark.timeout(60)
def test_a_configuration_file_with_two_recordings(world: World, tmp_path: Path) -> None:
    config = tmp_path / "site.yaml"
    config.write_text(
        f"detector: {{model: {world.detector}}}\n"
        f"defaults: {{stride: 2}}\n"
        f"cameras: [{{name: one, source: {world.clip}}}, {{name: two, source: {world.clip}, end: 1}}]\n"
    )
    path = tmp_path / "events.jsonl"
    assert run("--config", config, "--events", path).returncode == 0
    written = events(path)
    assert [event["camera"] for event in written if event["kind"] == "camera" and event["final"]] == ["one", "two"]
    assert max(event["media_time"] or 0 for event in written if event["camera"] == "two") < 1.2


@pytest.mark.timeout(60)
def test_faces_outside_the_region_are_not_seen(world: World, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    assert run("--source", world.clip, "--config", world.config, "--roi", "0,0,1,0.3", "--events", path).returncode == 0
    assert {event["person"] for event in events(path) if event["kind"] == "identity"} <= {"Ada"}


def test_serving_loads_no_torch(world: World) -> None:
    script = "import sys, pipeline.build, pipeline.check; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("url", ["viewer:hunter2@10.0.0.7/door", "rtsp:/viewer:hunter2@10.0.0.7/door"])
def test_a_mistyped_url_shows_no_password(world: World, url: str) -> None:
    for arguments in (["--source", url, "--check"], ["--source", url], [url], ["--rtspp", url]):
        done = run(*arguments, "--config", world.config)
        assert done.returncode in (2, 3)
        assert "hunter2" not in done.stdout + done.stderr


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kib", [4, 40, 60])
def test_a_full_disk_ends_a_recording_with_a_sentence(world: World, tmp_path: Path, kib: int) -> None:
    """A limit on the size of files stands for the disk: journal, page, events and film are in its way in turn."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (kib << 10, kib << 10))

    arguments = ("--source", world.clip, "--config", world.config, "--report", tmp_path / "report", "--save-video")
    without_bytecode = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}  # Python leaves half of a file there
    with start(*arguments, preexec_fn=limit, env=without_bytecode) as process:
        err = process.communicate(timeout=60)[1]
    assert process.returncode == 1, err
    assert "Traceback" not in err, err
    assert "error: " in err
