"""The engine on scripted feeds: order, lifecycle, batching and the guaranteed end. Parts around it are stand-ins."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from detectors.arrays import Chips, Float32
from detectors.base import Detections
from pipeline.engine import Engine, Identification, StopFlag
from pipeline.event_factory import EventFactory
from pipeline.events import CameraEvent, Event, HealthEvent, IdentityEvent, TrackAction, TrackEvent
from pipeline.heartbeat import Heartbeat
from pipeline.settings.types import CameraSettings, TrackingSettings
from pipeline.sink import FrameResult
from pipeline.tracks.camera import CameraTracks
from pipeline.tracks.crops import Crop
from pipeline.tracks.tracker import Tracker
from pipeline.types import CameraReport, CameraState, Frame
from recognizer.base import Decision, Readings, State
from recognizer.evidence import Evidence
from recognizer.gallery.copies.freshness import Freshness
from recognizer.spec import ChipSpec
from tests.synthetic.recognizers import VectorsOnly

IMAGE = np.random.default_rng(0).integers(0, 255, (120, 160, 3), np.uint8)
LIVE, ENDED = CameraState.LIVE, CameraState.ENDED
Item = Frame | CameraReport


def frame(camera: str, index: int, *, fps: float = 10.0) -> Frame:
    return Frame(camera, index, index / fps, 1000 + index / fps, index / fps, IMAGE)


def report(camera: str, state: CameraState, *, final: bool = False) -> CameraReport:
    return CameraReport(camera, state, 1000.0, "because", final)


@dataclass
class Script:
    """A feed that gives prepared batches and then is closed."""

    batches: list[list[Item]]

    @property
    def open(self) -> bool:
        return bool(self.batches)

    def take(self, timeout: float | None) -> list[Item]:
        return self.batches.pop(0)


@dataclass
class Counts:
    def taken(self, camera: str) -> int:
        return 7

    def dropped(self, camera: str) -> int:
        return 3


@dataclass
class RecordingSink:
    """A sink that keeps what it gets."""

    events: list[Event] = field(default_factory=list)
    views: list[FrameResult] = field(default_factory=list)
    closed: int = 0
    breaks_after: int = 1_000_000

    def on_event(self, event: Event) -> None:
        self.events.append(event)

    def on_frame(self, result: FrameResult) -> None:
        self.views.append(result)
        if len(self.views) >= self.breaks_after:
            raise OSError("disk full")

    def close(self) -> None:
        self.closed += 1


class Recogniser(VectorsOnly):
    """Every chip embeds to the same direction; counts its batches."""

    model_id, dim = "stand-in", 4

    def __init__(self) -> None:
        self.batches: list[int] = []

    def spec_for(self, face_px: float) -> ChipSpec:
        return ChipSpec(size=16)

    def embed(self, chips: Chips) -> Float32:
        return np.tile(np.array([1, 0, 0, 0], np.float32), (len(chips), 1))


@dataclass
class MatcherByCount:
    """Names whoever has been looked at twice "ann", and whoever has been looked at four times "bob"."""

    people: int = 2
    has_news: bool = False
    freshness: Freshness | None = None

    def decide(self, evidence: Evidence, previous: Decision | None) -> Decision:
        person = {0: None, 1: None, 2: "ann", 3: "ann"}.get(evidence.faces, "bob")
        state = State.NAMED if person else State.UNKNOWN
        return Decision(state, person, 0.9, 0.5, 0.3, evidence.faces, evidence.effective, 20.0, ("as scripted",))

    def length_weight(self, length: float, face_px: float) -> float:
        return 1.0

    @property
    def knows_lengths(self) -> bool:
        return True

    def use_rule(self, rule: object) -> None:
        """Nothing here decides by a rule."""

    def face_likeness(self, length: float, face_px: float) -> float:
        return math.inf

    def refresh(self) -> bool:
        return False


def one_face(_: Frame) -> Detections:
    box = np.array([[20, 20, 40, 44]], np.float32)
    points = np.array([[[25, 28], [35, 28], [30, 34], [26, 40], [34, 40]]], np.float32)
    return Detections(box, np.array([0.9], np.float32), points)


def no_face(_: Frame) -> Detections:
    return Detections.empty()


def each(find: Callable[[Frame], Detections]) -> Callable[[Sequence[Frame]], list[Detections]]:
    """Search several frames with what searches one."""
    return lambda frames: [find(frame) for frame in frames]


class Bench:
    """An engine over stand-ins, with what it published."""

    def __init__(
        self,
        *cameras: str,
        find: Callable[[Frame], Detections] = one_face,
        limit: int = 64,
        heartbeat: float = 0.0,
        min_likeness: float = 0.0,
    ) -> None:
        self.sink = RecordingSink()
        self.recogniser = Recogniser()
        self.stop = StopFlag()
        event_factory = EventFactory("node", "epoch")
        settings = {name: CameraSettings(source="x", name=name) for name in cameras or ("cam",)}
        tracking = TrackingSettings(min_frames=1)
        tracks = {
            name: CameraTracks(
                settings[name],
                Tracker(name, tracking),
                event_factory,
                update_seconds=0.5,
                min_likeness=min_likeness,
            )
            for name in settings
        }
        self.engine = Engine(
            tracks,
            each(find),
            Identification(self.recogniser, MatcherByCount(), self.embed, interval=0.2, max_per_step=limit),
            sinks=[self.sink],
            heartbeat=Heartbeat(event_factory, Counts(), heartbeat),
            stop=self.stop,
        )

    def embed(self, crops: Sequence[Crop]) -> Readings:
        self.recogniser.batches.append(len(crops))
        return self.recogniser.read(np.stack([crop.chip for crop in crops]))

    def run(self, *batches: Iterable[Item]) -> list[Event]:
        self.engine.run(Script([list(batch) for batch in batches]))
        return self.sink.events


def clip(camera: str, count: int) -> list[list[Item]]:
    return [[report(camera, LIVE)], *([frame(camera, i)] for i in range(count)), [report(camera, ENDED, final=True)]]


def tracks(events: Iterable[Event]) -> list[tuple[str, int]]:
    return [(event.action.value, event.track) for event in events if isinstance(event, TrackEvent)]


def test_a_track_is_new_updated_and_ended_with_its_stream() -> None:
    events = Bench().run(*clip("cam", 14))
    assert tracks(events) == [("new", 1), ("update", 1), ("update", 1), ("end", 1)]
    end = [event for event in events if isinstance(event, TrackEvent)][-1]
    assert end.reason == "stream ended"
    assert isinstance(events[-1], CameraEvent)
    assert events[-1].final


def test_a_name_that_is_given_and_changed_is_published_in_order() -> None:
    events = Bench().run(*clip("cam", 9))
    published = [
        (event.action.value, event.person, event.previous) for event in events if isinstance(event, IdentityEvent)
    ]
    assert published == [("named", "ann", None), ("renamed", "bob", "ann")]


def test_sequence_numbers_have_no_gap_per_kind_and_camera() -> None:
    first, second = clip("a", 12), clip("b", 12)
    events = Bench("a", "b").run(*(x + y for x, y in zip(first, second, strict=True)))
    for kind in (TrackEvent, IdentityEvent, CameraEvent):
        for camera in "ab":
            numbers = [event.seq for event in events if isinstance(event, kind) and event.camera == camera]
            assert numbers == list(range(len(numbers)))
            assert numbers


def test_crops_of_all_cameras_go_in_one_batch() -> None:
    bench = Bench("a", "b", "c")
    bench.run([frame(name, 0) for name in "abc"], [frame(name, 1) for name in "abc"])
    assert bench.recogniser.batches == [3]


def test_the_limit_of_crops_holds_and_those_never_seen_go_first() -> None:
    bench = Bench("a", "b", "c", limit=2)
    bench.run(*([frame(name, index) for name in "abc"] for index in range(3)))
    assert bench.recogniser.batches == [2, 1]
    assert all(view.decisions for view in bench.sink.views[6:] if view.frame.camera == "c")


def test_a_track_lost_is_ended_where_it_was_last_seen() -> None:
    found = [one_face] * 5 + [no_face] * 30
    events = Bench(find=lambda f: found[f.index](f)).run(*clip("cam", 35))
    end = next(event for event in events if isinstance(event, TrackEvent) and event.action is TrackAction.END)
    assert end.reason == "lost"
    assert end.media_time == pytest.approx(0.4)
    assert end.evidence is not None


def test_a_broken_connection_ends_the_tracks_at_once() -> None:
    batches = [*clip("cam", 5)[:-1], [report("cam", CameraState.RECONNECTING)]]
    assert tracks(Bench().run(*batches))[-1] == ("end", 1)


def test_a_report_behind_a_frame_of_its_camera_is_published_after_it() -> None:
    ending = [frame("cam", 1), report("cam", ENDED, final=True)]
    events = Bench().run([report("cam", LIVE), frame("cam", 0)], ending)
    assert [type(event).__name__ for event in events] == ["CameraEvent", "TrackEvent", "TrackEvent", "CameraEvent"]


def test_stop_ends_tracks_and_cameras_and_closes_sinks() -> None:
    bench = Bench()
    batches = clip("cam", 50)[:-1]

    def find(f: Frame) -> Detections:
        if f.index == 3:
            bench.stop.set("interrupted")
        return one_face(f)

    bench.engine._find_faces = each(find)
    events = bench.run(*batches)
    assert tracks(events)[-1] == ("end", 1)
    assert isinstance(events[-1], CameraEvent)
    assert (events[-1].state, events[-1].reason) == (ENDED, "interrupted")
    assert bench.sink.closed == 1
    assert len(bench.sink.views) == 4


def test_a_camera_that_never_came_keeps_its_reason_when_time_is_up() -> None:
    bench = Bench()
    bench.run([CameraReport("cam", CameraState.RECONNECTING, 1000.0, "connection refused")])
    camera = bench.engine._cameras["cam"]
    assert (camera.state, camera.reason) == (ENDED, "connection refused")
    assert bench.sink.events[-1].reason == "stopped"


def test_an_exception_still_ends_tracks_and_closes_sinks() -> None:
    bench = Bench()
    bench.sink.breaks_after = 2
    with pytest.raises(OSError, match="disk full"):
        bench.run(*clip("cam", 3))
    assert tracks(bench.sink.events) == [("new", 1), ("end", 1)]
    assert bench.sink.events[-1].reason == "failed: OSError"
    assert bench.sink.closed == 1


def test_a_sink_that_fails_keeps_no_other_from_the_end() -> None:
    class Broken(RecordingSink):
        def on_event(self, event: Event) -> None:
            raise OSError("disk full")

    bench, broken = Bench(), Broken()
    bench.engine._sinks = [broken, bench.sink]
    bench.sink.events.clear()
    with pytest.raises(OSError, match="disk full"):
        bench.run([frame("cam", 0)], [frame("cam", 1)])
    assert (broken.closed, bench.sink.closed) == (1, 1)
    assert tracks(bench.sink.events)[-1] == ("end", 1)


def test_faces_too_small_or_outside_are_not_followed() -> None:
    bench = Bench()
    camera = bench.engine._cameras["cam"]
    camera.settings = replace_settings(camera.settings, min_face_px=30.0)
    assert tracks(bench.run(*clip("cam", 5))) == []


def replace_settings(settings: CameraSettings, **changes: object) -> CameraSettings:
    import msgspec

    return msgspec.structs.replace(settings, **changes)


def test_a_face_without_landmarks_is_cut_by_its_box_and_bad_landmarks_are_skipped() -> None:
    boxes_only = Bench(find=lambda f: replace(one_face(f), landmarks=None))
    boxes_only.run(*clip("cam", 3))
    assert boxes_only.recogniser.batches
    degenerate = Bench(find=lambda f: replace(one_face(f), landmarks=np.full((1, 5, 2), np.nan, np.float32)))
    events = degenerate.run(*clip("cam", 3))
    assert not degenerate.recogniser.batches
    assert tracks(events)[0] == ("new", 1)


def test_the_heartbeat_has_counts_states_and_last_numbers() -> None:
    events = Bench(heartbeat=1e-9).run(*clip("cam", 3))
    beat = [event for event in events if isinstance(event, HealthEvent)][-1]
    assert beat.cameras["cam"].dropped == 3
    assert beat.cameras["cam"].state is ENDED
    assert beat.last_seq["v1/track/cam/"] == 1
    assert beat.people == 2


def test_an_interval_of_zero_gives_no_heartbeat() -> None:
    assert not [event for event in Bench().run(*clip("cam", 3)) if isinstance(event, HealthEvent)]


def test_a_run_without_recogniser_tracks_only() -> None:
    bench = Bench()
    bench.engine._identification = None
    events = bench.run(*clip("cam", 3))
    assert tracks(events) == [("new", 1), ("end", 1)]
    assert all(event.evidence is None for event in events if isinstance(event, TrackEvent))


def test_lost_tracks_hold_no_pictures() -> None:
    bench = Bench()
    bench.engine.step([frame("cam", 0)])
    camera = bench.engine._cameras["cam"]
    assert camera.last_frame is not None
    assert camera.last_frame.image.size == 0
    assert all(track.frame.image.size == 0 for track in camera.tracks.values())


def test_a_new_resolution_ends_the_tracks_and_the_first_one_does_not() -> None:
    def live(width: int) -> CameraReport:
        return replace(report("cam", LIVE), width=width, height=100)

    events = Bench().run([live(160), frame("cam", 0)], [frame("cam", 1)], [live(160)], [live(320)], [frame("cam", 2)])
    assert tracks(events)[:2] == [("new", 1), ("end", 1)]
    assert next(e for e in events if isinstance(e, TrackEvent) and e.action is TrackAction.END).reason == (
        "resolution changed"
    )


@pytest.mark.parametrize("min_likeness", [0.0, 1e9])
def test_what_is_shown_are_faces(min_likeness: float) -> None:
    bench = Bench(min_likeness=min_likeness)
    bench.run(*clip("cam", 4))
    assert [len(view.tracks) for view in bench.sink.views] == [0, 1, 1, 1]  # a track counts from its second frame


def test_nothing_is_shown_of_a_track_whose_crops_cannot_be_cut() -> None:
    flat = np.full((1, 5, 2), 30, np.float32)  # landmarks that form no face
    bench = Bench(find=lambda f: replace(one_face(f), landmarks=flat), min_likeness=0.9)
    assert tracks(bench.run(*clip("cam", 4))) == []
    assert [len(view.tracks) for view in bench.sink.views] == [0] * 4
