"""Watching from a program, on real files and a real camera: events, errors, and that nothing is left."""

import gc
import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import glimpse
from glimpse.watching import _cameras
from pipeline.bus.publisher import Publisher
from tests.synthetic.rtsp import rtsp_server
from tests.synthetic.world import ROOT, RULE, World

USER, PASSWORD = "viewer", "p4ss@w0rd:/x"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"), seconds=3, size=(320, 240), face_px=(14, 36))


@pytest.fixture(scope="module")
def people(world: World) -> glimpse.Gallery:
    """The gallery of that world with its models, which the run opens too."""
    models = glimpse.Models(glimpse.Detector(world.detector), glimpse.Recognizer(world.recognizer))
    return glimpse.Gallery(world.gallery, models=models)


def only_watch_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]


def named(events: Iterator[glimpse.Event]) -> list[str | None]:
    return [event.person for event in events if isinstance(event, glimpse.IdentityEvent)]


def test_a_recording_gives_its_events_and_ends(world: World, people: glimpse.Gallery) -> None:
    events = list(glimpse.watch(world.clip, gallery=people, decision=RULE))
    assert sorted(name or "" for name in named(iter(events))) == ["Ada", "Grace"]
    tracks = [event for event in events if isinstance(event, glimpse.TrackEvent)]
    assert sum(event.action == "new" for event in tracks) == sum(event.action == "end" for event in tracks) == 3
    assert isinstance(events[-1], glimpse.CameraEvent)
    assert only_watch_threads() == []


def test_it_finds_what_the_program_finds(world: World, people: glimpse.Gallery, tmp_path: Path) -> None:
    import msgspec

    from pipeline.cli import run

    arguments = ["--source", str(world.clip), "--config", str(world.config), "--events", str(tmp_path / "e.jsonl")]
    assert run(arguments) == 0
    program = [msgspec.json.decode(line) for line in (tmp_path / "e.jsonl").read_bytes().splitlines()]
    library = [msgspec.to_builtins(event) for event in glimpse.watch(world.clip, gallery=people, decision=RULE)]
    changing = ("epoch", "wall_time", "v")
    for event in [*program, *library]:
        for key in changing:
            event.pop(key, None)
    assert [event.get("track") for event in library] == [event.get("track") for event in program]
    assert [event.get("person") for event in library] == [event.get("person") for event in program]


@pytest.mark.parametrize("way", ["break", "close", "with", "error"])
def test_whatever_way_the_loop_is_left_nothing_runs_on(world: World, people: glimpse.Gallery, way: str) -> None:
    watching = glimpse.watch(world.clip, gallery=people, queue_size=1)
    if way == "break":
        for _ in watching:
            break
        del watching
    elif way == "close":
        next(watching)
        watching.close()
        watching.close()
        assert list(watching) == []
    elif way == "with":
        with watching:
            next(watching)
    else:
        with pytest.raises(ZeroDivisionError):
            leave_by_error(watching)
        del watching
        gc.collect()
    assert only_watch_threads() == []


def leave_by_error(watching: glimpse.Watch) -> None:
    with watching:
        for _ in watching:
            raise ZeroDivisionError


def test_a_program_that_ends_while_it_watches_ends_at_once(world: World) -> None:
    code = f"import glimpse; w = glimpse.watch({str(world.clip)!r}, queue_size=1); print(next(w).camera)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=15, check=True
    )
    assert (done.stdout, done.stderr) == ("walk\n", "")


def test_a_live_camera_is_watched_until_the_loop_is_left(world: World, people: glimpse.Gallery) -> None:
    with rtsp_server({"door": world.clip}, user=USER, password=PASSWORD) as server:
        for event in glimpse.watch({"door": server.url("door")}, gallery=people, decision=RULE):
            assert PASSWORD not in repr(event)
            if isinstance(event, glimpse.IdentityEvent):
                assert (event.camera, event.person in ("Ada", "Grace")) == ("door", True)
                break
        gc.collect()
    assert only_watch_threads() == []


def test_a_live_camera_publishes_nothing_unless_it_is_told_to(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(Publisher, "__init__", lambda self, address, **_: opened.append(address))
    monkeypatch.setattr(Publisher, "close", lambda self: None)
    with rtsp_server({"door": world.clip}) as server:
        with glimpse.watch(server.url("door"), detector={"model": world.detector}):
            pass
        assert opened == []
        with glimpse.watch(server.url("door"), detector={"model": world.detector}, events={"bind": "ipc:///tmp/x"}):
            pass
    assert opened == ["ipc:///tmp/x"]


def test_several_sources_are_watched_under_their_names(world: World) -> None:
    sources = {"door": world.clip, "hall": str(world.clip)}
    events = list(glimpse.watch(sources, detector={"model": world.detector}, end=0.5))
    assert {event.camera for event in events} == {"door", "hall"}
    assert _cameras([0, world.clip]) == [{"source": "0"}, {"source": str(world.clip)}]


def test_nothing_of_the_process_is_changed(world: World, people: glimpse.Gallery) -> None:
    def state() -> tuple[object, ...]:
        root = logging.getLogger()
        handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
        return *handlers, list(root.handlers), root.level, logging.getLogRecordFactory(), threading.excepthook

    before = state()
    for _ in glimpse.watch(world.clip, gallery=people, end=0.5):
        assert state() == before
    assert state() == before


def test_a_slow_reader_makes_a_recording_wait_and_loses_nothing(world: World, people: glimpse.Gallery) -> None:
    quick = list(glimpse.watch(world.clip, gallery=people))
    slow = list(glimpse.watch(world.clip, gallery=people, queue_size=1))
    assert [(type(event), event.seq) for event in slow] == [(type(event), event.seq) for event in quick]


def test_frames_are_shown_with_what_was_found(world: World, people: glimpse.Gallery) -> None:
    sizes, names = set(), set()

    def look(result: glimpse.FrameResult) -> None:
        sizes.add(result.frame.image.shape)
        names.update(decision.person for decision in result.decisions.values())

    list(glimpse.watch(world.clip, gallery=people, decision=RULE, on_frame=look))
    assert sizes == {(240, 320, 3)}
    assert {"Ada", "Grace"} <= names


def test_an_error_in_the_pipeline_is_raised_where_events_are_read(world: World, people: glimpse.Gallery) -> None:
    def fail(result: glimpse.FrameResult) -> None:
        raise ZeroDivisionError("on purpose")

    watching = glimpse.watch(world.clip, gallery=people, on_frame=fail)
    with pytest.raises(ZeroDivisionError, match="on purpose"):
        list(watching)
    assert list(watching) == []
    assert only_watch_threads() == []


@pytest.mark.parametrize(
    ("source", "settings", "error", "says"),
    [
        ("none.mp4", {}, FileNotFoundError, r"none\.mp4"),
        ("", {}, glimpse.SettingsError, "source"),
        ([], {}, glimpse.SettingsError, "expected a URL, a file"),
        (None, {}, glimpse.SettingsError, "expected text, a number or a path, got NoneType"),
        ("CLIP", {"fpss": 5}, glimpse.SettingsError, "fps"),
        ("CLIP", {"fps": "fast"}, glimpse.SettingsError, "fps"),
        ("CLIP", {"decision": {"false_alarm": 2}}, glimpse.SettingsError, "false_alarm"),
        ("CLIP", {"gallery": "none.db"}, FileNotFoundError, r"none\.db: no such file; enrol somebody first"),
        ("CLIP", {"detector": {"model": "none.onnx"}}, glimpse.ModelMissingError, r"none\.onnx"),
        ("CLIP", {"events": 5}, glimpse.SettingsError, "events: expected a dict of settings, got 5"),
        ("CLIP", {"detector": object()}, glimpse.SettingsError, "got object"),
    ],
)
def test_what_cannot_be_watched_is_said_before_the_first_event(
    world: World, source: object, settings: dict[str, object], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says) as caught:
        glimpse.watch(world.clip if source == "CLIP" else source, **settings)  # type: ignore[arg-type]
    assert isinstance(caught.value, glimpse.GlimpseError)
    assert only_watch_threads() == []


def test_a_recording_that_fails_is_an_error_after_its_last_event(tmp_path: Path, world: World) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    seen: list[glimpse.Event] = []
    with pytest.raises(glimpse.SourceError, match="bad: "):
        seen.extend(glimpse.watch(tmp_path / "bad.mp4", detector={"model": world.detector}))
    assert [event.state for event in seen if isinstance(event, glimpse.CameraEvent)][-1] == "failed"


def test_a_password_in_an_address_is_in_no_error() -> None:
    with pytest.raises(glimpse.GlimpseError) as caught:
        glimpse.watch("rtsp://viewer:hunter22@[bad/door")
    assert "hunter22" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_gallery_of_another_model_is_refused(world: World) -> None:
    with pytest.raises(glimpse.GalleryError, match="vectors of another model"):
        glimpse.watch(world.clip, gallery=world.gallery)


def test_a_run_ends_when_its_time_is_up(world: World) -> None:
    with rtsp_server({"door": world.clip}) as server:
        events = list(glimpse.watch(server.url("door"), duration=1.5, detector={"model": world.detector}))
    assert isinstance(events[-1], glimpse.CameraEvent)
    assert events[-1].reason == "time is up"


def test_progress_is_shown_also_in_a_notebook(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from rich.console import Console

    import glimpse.watching

    monkeypatch.setattr(glimpse.watching, "Console", lambda: Console(force_terminal=True, width=100))
    list(glimpse.watch(world.clip, detector={"model": world.detector}, progress=True))
    assert "36 frames" in capsys.readouterr().out


def test_a_report_can_be_left(world: World, people: glimpse.Gallery, tmp_path: Path) -> None:
    list(glimpse.watch(world.clip, gallery=people, report=tmp_path / "report"))
    assert (tmp_path / "report" / "index.html").is_file()


def test_progress_of_a_camera_is_a_line_that_says_how_it_fares(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from rich.console import Console

    import glimpse.watching

    monkeypatch.setattr(glimpse.watching, "Console", lambda: Console(force_terminal=True, width=120))
    with rtsp_server({"door": world.clip}, user=USER, password=PASSWORD) as server:
        beats = {"bind": "none", "heartbeat_seconds": 0.2}
        detector = {"model": world.detector}
        with glimpse.watch({"door": server.url("door")}, detector=detector, events=beats, progress=True) as events:
            next(event for event in events if isinstance(event, glimpse.HealthEvent))
    assert "1 camera live" in capsys.readouterr().out
