"""One camera's tracks: which faces count, what a frame changes, and what ends the tracks."""

import math
from collections.abc import Iterable, Sequence
from typing import Literal

import cv2
import numpy as np
import pytest

from detectors.base import Detections
from pipeline.event_factory import EventFactory
from pipeline.events import CameraEvent, Event, IdentityEvent, SampleEvent, TrackEvent
from pipeline.settings.types import CameraSettings
from pipeline.tracks.camera import CameraTracks
from pipeline.tracks.crops import Crop
from pipeline.tracks.flat.outline import cut_surroundings
from pipeline.tracks.samples import SampleRule, SampleState
from pipeline.tracks.tracker import TrackedFrame, Tracker
from pipeline.types import CameraReport, CameraState, Frame, Track
from recognizer.base import Decision, State
from recognizer.chips import box_landmarks
from recognizer.evidence import Evidence
from recognizer.gallery.copies.freshness import Freshness
from tests.pipeline.tracks.flat.turning import texture, turned_plane

IMAGE = np.zeros((100, 200, 3), np.uint8)
CHIP = np.zeros((16, 16, 3), np.uint8)


def frame(index: int) -> Frame:
    return Frame("door", index, index / 10, 1000 + index / 10, index / 10, IMAGE)


def faces(*boxes: tuple[float, float, float, float]) -> Detections:
    return Detections(np.array(boxes, np.float32).reshape(-1, 4), np.full(len(boxes), 0.9, np.float32), None)


class IndexTracker(Tracker):
    """Gives the first face id 1, the second id 2, and so on, and loses whoever is not there."""

    def __init__(self) -> None:
        self._ids: set[int] = set()

    def follow(self, found: Detections, time: float) -> TrackedFrame:
        seen = tuple(Track("door", row + 1, found.boxes[row], 0.9, None, time) for row in range(len(found)))
        lost, self._ids = self._ids - {track.id for track in seen}, {track.id for track in seen}
        return TrackedFrame(seen, tuple(sorted(lost)))

    def finish(self) -> tuple[int, ...]:
        ended, self._ids = tuple(self._ids), set()
        return ended


def camera(
    *,
    update_seconds: float = 1.0,
    min_likeness: float = 0.0,
    samples: SampleRule | None = None,
    **settings: object,
) -> CameraTracks:
    own = CameraSettings(source="x", name="door", **settings)  # type: ignore[arg-type]
    events = EventFactory("node", "epoch")
    tracker = IndexTracker()
    return CameraTracks(own, tracker, events, update_seconds=update_seconds, min_likeness=min_likeness, samples=samples)


def actions(events: Iterable[Event]) -> list[tuple[str, int]]:
    return [(event.action.value, event.track) for event in events if isinstance(event, TrackEvent | IdentityEvent)]


class Naming:
    """A matcher that names every track after what it is told."""

    people = 2

    def __init__(self, person: str | None) -> None:
        self.person = person

    def decide(self, evidence: Evidence, previous: Decision | None) -> Decision:
        state = State.NAMED if self.person else State.UNKNOWN
        return Decision(state, self.person, 0.9, 0.5, 0.3, evidence.faces, 1.0, 20.0, ())

    def length_weight(self, length: float, face_px: float) -> float:
        return 1.0 if math.isnan(length) else length

    knows_lengths = True
    has_news = False
    freshness: Freshness | None = None

    def use_rule(self, rule: object) -> None:
        """Nothing here decides by a rule."""

    def face_likeness(self, length: float, face_px: float) -> float:
        return math.inf if math.isnan(length) else length

    def refresh(self) -> bool:
        return False


def name(door: CameraTracks, person: str | None) -> None:
    """Compare a crop of every visible track, with this answer."""
    for track in door.visible:
        door.add_vector(Crop(track, CHIP, 1.0), np.array([1, 0], np.float32), Naming(person))


@pytest.mark.parametrize("switched_on", [True, False])
def test_a_track_that_moves_like_a_photograph_is_named_and_warned_of(switched_on: bool) -> None:
    """On a white card that goes to the right in front of a wall."""
    events = EventFactory("node", "epoch")
    own = CameraSettings(source="x", name="door")
    door = CameraTracks(own, IndexTracker(), events, update_seconds=0.0, flat_warning=switched_on)
    told: list[TrackEvent] = []
    for index in range(14):
        x, wall = 30.0 + 8 * index, np.random.default_rng(index).integers(0, 255, (100, 200, 3), np.uint8)
        wall[22:, round(x - 12) : round(x + 36)] = 240
        box = np.array([x, 40, x + 24, 70], np.float32)
        door.follow(frame(index), faces(tuple(box.tolist())))
        (track,) = door.visible
        face = Track("door", 1, box, 0.9, box_landmarks(box), 0.0)
        crop = Crop(track, turned_plane(texture(), 0.0), 1.0, face, cut_surroundings(wall, face))
        door.add_vector(crop, np.array([1, 0], np.float32), Naming("ann"))
        told += [event for event in door.frame_events() if isinstance(event, TrackEvent)]
    last = told[-1].evidence
    assert last is not None
    assert last.person == "ann"
    assert [warning[:30] for warning in last.warnings] == ["flat: moves like a photograph "] * switched_on


def test_faces_too_small_or_with_their_centre_outside_are_not_followed() -> None:
    left_half = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
    door = camera(min_face_px=20.0, roi=left_half)
    door.follow(frame(0), faces((10, 10, 30, 31), (50, 10, 69, 29), (150, 10, 180, 40)))
    assert [track.snapshot.box[0] for track in door.visible] == [10]


def test_faces_in_a_mask_are_not_followed() -> None:
    door = camera(masks=(((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)),))
    door.follow(frame(0), faces((10, 10, 30, 40), (150, 10, 180, 40)))
    assert [track.snapshot.box[0] for track in door.visible] == [150]


def test_events_name_the_zones_that_a_face_is_in_and_the_end_those_where_it_was() -> None:
    left = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
    door = camera(update_seconds=0.01, zones={"left": left, "all": ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))})
    seen = []
    for index, x in enumerate((10, 60, 120)):
        door.follow(frame(index), faces((x, 10, x + 20, 40)))
        name(door, "Ada")
        seen += list(door.frame_events())
    seen += list(door.close("stopped", 9.0))
    zones = [(type(event).__name__, event.zones) for event in seen if isinstance(event, TrackEvent | IdentityEvent)]
    assert zones == [
        ("TrackEvent", ("left", "all")),
        ("IdentityEvent", ("left", "all")),
        ("TrackEvent", ("left", "all")),
        ("TrackEvent", ("all",)),
        ("TrackEvent", ("all",)),
    ]


def test_a_track_is_new_once_and_updated_at_its_interval() -> None:
    door = camera(update_seconds=0.3)
    seen = []
    for index in range(6):
        door.follow(frame(index), faces((10, 10, 30, 34)))
        seen.append(actions(door.frame_events()))
    assert seen == [[("new", 1)], [], [], [("update", 1)], [], []]


def test_a_name_is_published_when_it_changes_and_only_then() -> None:
    door = camera()
    published = []
    for index, person in enumerate(("ann", "ann", None, "bob")):
        door.follow(frame(index), faces((10, 10, 30, 34)))
        name(door, person)
        published.append([event.action.value for event in door.frame_events() if isinstance(event, IdentityEvent)])
    assert published == [["named"], [], ["retracted"], ["named"]]


def test_a_vector_of_zeros_is_no_evidence() -> None:
    door = camera()
    door.follow(frame(0), faces((10, 10, 30, 34)))
    [track] = door.visible
    door.add_vector(Crop(track, CHIP, 1.0), np.zeros(2, np.float32), Naming("ann"))
    assert track.decision is None


def test_a_crop_weighs_by_the_length_of_its_feature_too() -> None:
    door = camera()
    door.follow(frame(0), faces((10, 10, 30, 34)))
    [track] = door.visible
    for vector, length in (([1.0, 0.0], 4.0), ([0.0, 1.0], 1.0)):
        door.add_vector(Crop(track, CHIP, 0.2), np.array(vector, np.float32), Naming("ann"), length=length)
    assert track.evidence.template() == pytest.approx(np.array([4, 1]) / math.sqrt(17), abs=1e-6)


def look(door: CameraTracks, likeness: float) -> None:
    """Compare a crop of every visible track, whose feature is this long."""
    for track in door.visible:
        door.add_vector(Crop(track, CHIP, 1.0), np.array([1, 0], np.float32), Naming("ann"), length=likeness)


def test_nothing_is_published_of_a_track_that_is_no_face() -> None:
    door = camera(min_likeness=0.9)
    published: list[Event] = []
    for index in range(10):
        door.follow(frame(index), faces((10, 10, 30, 34)))
        look(door, 0.59)
        published += door.frame_events()
    assert len(door.visible) == 1
    assert door.faces == []
    assert published == []
    assert actions(door.close("stopped", 9.0)) == []


def test_a_track_that_was_once_a_face_remains_one_however_long_it_sits_still() -> None:
    door = camera(min_likeness=0.9, update_seconds=60)
    seen: list[tuple[str, int]] = []
    for index in range(0, 30 * 60 * 10, 10):  # half an hour, one frame a second
        door.follow(frame(index), faces((10, 10, 30, 34)))
        look(door, 0.91 if index == 20 else 0.3)
        seen += actions(door.frame_events())
    assert seen[:2] == [("new", 1), ("named", 1)]
    assert {action for action, _ in seen[2:]} == {"update"}
    assert len(door.faces) == 1


def test_a_lost_track_that_was_no_face_ends_silently() -> None:
    door = camera(min_likeness=0.9)
    door.follow(frame(0), faces((10, 10, 30, 34), (100, 10, 120, 34)))
    door.visible[1].acceptance.is_face = True
    assert actions(door.frame_events()) == [("new", 2)]
    door.follow(frame(1), faces())  # both are lost
    assert actions(door.frame_events()) == [("end", 2)]


def test_a_broken_stream_ends_only_what_was_announced() -> None:
    door = camera(min_likeness=0.9)
    door.follow(frame(0), faces((10, 10, 30, 34), (100, 10, 120, 34)))
    door.visible[1].acceptance.is_face = True
    list(door.frame_events())
    assert actions(door.on_report(CameraReport("door", CameraState.RECONNECTING, 5.0, "no route"))) == [("end", 2)]


def test_of_two_tracks_with_one_name_only_the_better_keeps_it() -> None:
    door = camera()
    door.follow(frame(0), faces((10, 10, 30, 34), (100, 10, 120, 34)))
    name(door, "ann")
    named = [event.track for event in door.frame_events() if isinstance(event, IdentityEvent)]
    assert named == [1]
    assert [track.name for track in door.visible] == ["ann", None]


def sampled(which: Literal["named", "all"], people: Sequence[str | None]) -> list[SampleEvent]:
    """The samples of one track that is in every frame, ten a second, and has the names in turn."""
    door = camera(samples=SampleRule(which, "m"))
    published: list[Event] = []
    for index, person in enumerate(people):
        door.follow(frame(index), faces((10, 10, 30, 34)))
        [track] = door.visible
        vector = np.eye(64, dtype=np.float32)[index % 64]
        door.add_vector(Crop(track, CHIP + index % 250, 1.0 + index), vector, Naming(person))
        published += door.frame_events()
    published += door.close("stopped", 9.0)
    return [event for event in published if isinstance(event, SampleEvent)]


def test_a_sample_is_made_at_the_end_and_when_the_template_is_clearly_better() -> None:
    made = sampled("all", [None] * 120)
    assert [(event.final, event.media_time) for event in made] == [(False, 5.0), (False, 10.0), (True, 11.9)]
    assert [event.model_id for event in made] == ["m"] * 3
    template = np.frombuffer(made[-1].template, "<f2").astype(np.float32)
    assert np.linalg.norm(template) == pytest.approx(1, abs=1e-3)
    chip = cv2.imdecode(np.frombuffer(made[-1].crop, np.uint8), cv2.IMREAD_COLOR)
    assert chip is not None
    assert (chip.shape, int(chip.mean())) == ((16, 16, 3), 119)  # the crop of the greatest weight
    assert made[0].weight < made[1].weight < made[2].weight


def test_a_template_that_stays_as_good_is_sent_once_more_at_the_end_alone() -> None:
    door = camera(samples=SampleRule("all", "m"))
    made: list[Event] = []
    for index in range(200):
        door.follow(frame(index), faces((10, 10, 30, 34)))
        name(door, None)
        made += door.frame_events()
    made += door.close("stopped", 9.0)
    assert [event.final for event in made if isinstance(event, SampleEvent)] == [False, True]


def test_of_all_tracks_of_a_camera_one_is_sampled_in_a_frame_until_they_end() -> None:
    door = camera(samples=SampleRule("all", "m"))
    counts = []
    for index in range(0, 60, 5):
        door.follow(frame(index), faces((10, 10, 30, 34), (50, 10, 70, 34), (90, 10, 110, 34)))
        name(door, None)
        counts.append(sum(isinstance(event, SampleEvent) for event in door.frame_events()))
    assert counts == [0] * 10 + [1, 1]
    door.follow(frame(60), faces())
    ends = [type(event).__name__ for event in door.frame_events()]
    assert ends == ["SampleEvent", "TrackEvent"] * 3


def test_strangers_are_not_sampled_where_only_the_named_are() -> None:
    assert sampled("named", [None] * 60) == []
    assert [event.evidence.person for event in sampled("named", ["ann"] * 60) if event.evidence] == ["ann", "ann"]
    assert sampled("named", ["ann"] * 3 + [None] * 60) == []  # the name was withdrawn


def test_without_samples_events_are_the_same_and_no_crop_is_kept() -> None:
    published = []
    for rule in (None, SampleRule("all", "m")):
        door = camera(samples=rule)
        events: list[Event] = []
        for index in range(100):
            door.follow(frame(index), faces((10, 10, 30, 34)))
            name(door, "ann")
            if rule is None:
                assert door.visible[0].sample == SampleState()
            events += door.frame_events()
        published.append([*events, *door.close("stopped", 9.0)])
    without, with_samples = published
    assert not any(isinstance(event, SampleEvent) for event in without)
    assert without == [event for event in with_samples if not isinstance(event, SampleEvent)]


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (CameraReport("door", CameraState.RECONNECTING, 5.0, "no route"), "stream reconnecting"),
        (CameraReport("door", CameraState.ENDED, 5.0, final=True), "stream ended"),
        (CameraReport("door", CameraState.LIVE, 5.0, width=640, height=480), "resolution changed"),
    ],
)
def test_a_broken_stream_and_a_new_size_end_all_tracks(report: CameraReport, reason: str) -> None:
    door = camera()
    list(door.on_report(CameraReport("door", CameraState.LIVE, 1.0, width=320, height=240)))
    door.follow(frame(0), faces((10, 10, 30, 34)))
    list(door.frame_events())
    end, news = door.on_report(report)
    assert isinstance(end, TrackEvent)
    assert isinstance(news, CameraEvent)
    assert (end.action.value, end.reason, news.state) == ("end", reason, report.state)
    assert not door.tracks
    assert not door.visible


def test_the_same_size_again_ends_nothing() -> None:
    door = camera()
    live = CameraReport("door", CameraState.LIVE, 1.0, width=320, height=240)
    list(door.on_report(live))
    door.follow(frame(0), faces((10, 10, 30, 34)))
    assert [type(event) for event in door.on_report(live)] == [CameraEvent]
    assert door.visible


def test_closing_ends_tracks_and_camera_and_keeps_the_cameras_own_error() -> None:
    door = camera()
    list(door.on_report(CameraReport("door", CameraState.STALLED, 1.0, "no frame for 5 s")))
    door.follow(frame(0), faces((10, 10, 30, 34)))
    list(door.frame_events())
    end, last = door.close("time is up", 9.0)
    assert isinstance(end, TrackEvent)
    assert isinstance(last, CameraEvent)
    assert (end.reason, last.reason, last.final, last.wall_time) == ("time is up", "time is up", True, 9.0)
    assert door.reason == "no frame for 5 s"


def test_a_camera_that_has_ended_is_not_ended_again() -> None:
    door = camera()
    list(door.on_report(CameraReport("door", CameraState.ENDED, 1.0, final=True)))
    assert list(door.close("stopped", 9.0)) == []


def test_a_lost_track_ends_at_the_newest_frame() -> None:
    door = camera()
    door.follow(frame(0), faces((10, 10, 30, 34)))
    list(door.frame_events())
    door.follow(frame(5), faces())
    [end] = door.frame_events()
    assert isinstance(end, TrackEvent)
    assert (end.reason, end.media_time, end.wall_time) == ("lost", 0.0, 1000.5)
    assert list(door.frame_events()) == []


LAMP = (10.0, 10.0, 30.0, 34.0)


def watch(door: CameraTracks, likeness: float, *, seconds: range, box: tuple[float, ...] = LAMP) -> list[int]:
    """One face a second in this place; returns the seconds in which it was read, which the interval allowed."""
    read = []
    for index in seconds:
        door.follow(frame(10 * index), faces(box))  # type: ignore[arg-type]
        [track] = door.visible
        if track.frame.media_time >= track.next_crop:
            read.append(index)
            door.defer_crop(track, 0.5)
            look(door, likeness)
    return read


def test_a_thing_that_stands_still_is_read_rarely_and_needs_to_look_more_like_a_face() -> None:
    door = camera(min_likeness=0.9)
    read = watch(door, 0.5, seconds=range(30))
    assert read[:11] == list(range(11))
    assert np.diff(read[12:]).min() == 5
    watch(door, 0.65, seconds=range(30, 40))
    assert door.faces == []
    watch(door, 0.75, seconds=range(40, 50))
    assert len(door.faces) == 1


def test_a_place_is_learnt_for_the_next_track_too_and_forgotten_in_time() -> None:
    for gap, likes in ((60, 0), (3600, 1)):
        door = camera(min_likeness=0.9)
        watch(door, 0.5, seconds=range(15))
        door.follow(frame(160), faces())
        watch(door, 0.65, seconds=range(15 + gap, 25 + gap))
        assert len(door.faces) == likes


def test_somebody_elsewhere_is_read_as_usual() -> None:
    door = camera(min_likeness=0.9)
    watch(door, 0.5, seconds=range(15))
    door.follow(frame(145), faces())
    assert watch(door, 0.65, seconds=range(15, 20), box=(60, 10, 80, 34)) == list(range(15, 20))
    assert len(door.faces) == 1


def test_a_person_who_sits_still_for_half_an_hour_stays_a_face() -> None:
    door = camera(min_likeness=0.9)
    watch(door, 1.2, seconds=range(2))
    for index in range(2, 1800):
        assert watch(door, 0.3, seconds=range(index, index + 1)) == [index]
        assert len(door.faces) == 1


def test_a_new_frame_size_forgets_the_places() -> None:
    door = camera(min_likeness=0.9)
    list(door.on_report(CameraReport("door", CameraState.LIVE, 0.0, width=200, height=100)))
    watch(door, 0.5, seconds=range(15))
    list(door.on_report(CameraReport("door", CameraState.LIVE, 0.0, width=640, height=360)))
    assert watch(door, 0.65, seconds=range(15, 17)) == [15, 16]
    assert len(door.faces) == 1


def test_where_every_track_counts_no_place_is_learnt() -> None:
    door = camera(min_likeness=0.0)
    assert watch(door, 0.1, seconds=range(30)) == list(range(30))


def test_a_track_that_leaves_a_learnt_place_is_read_as_usual() -> None:
    door = camera(min_likeness=0.9)
    watch(door, 0.5, seconds=range(16))
    assert watch(door, 0.5, seconds=range(16, 19), box=(60, 10, 80, 34)) == [16, 17, 18]


def test_tracks_that_were_lost_as_a_step_broke_off_end_once() -> None:
    """Whoever takes the events may fail at any of them, such as a sink on a full disk."""
    for taken in range(3):
        door = camera()
        door.follow(frame(0), faces((0, 0, 20, 20), (50, 0, 70, 20)))
        assert actions(door.frame_events()) == [("new", 1), ("new", 2)]
        door.follow(frame(1), faces())
        events = door.frame_events()
        told = [next(events) for _ in range(taken)]
        told += door.close("failed: OSError", 1.0)
        assert [action for action in actions(told) if action[0] == "end"] == [("end", 1), ("end", 2)]
