"""What the page knows of now: from events in any order, of nodes that start again, fall silent or lie."""

from typing import Any

import msgspec
import pytest

from pipeline.events import CameraHealth, PersonAction, TrackAction
from pipeline.types import CameraState
from pipeline.web.live.state import FORGET_SECONDS, MAX_CAMERAS, MAX_FACES, NEWS, LiveState
from tests.synthetic.events import NODE, camera, evidence, health, identity, renamed, sample, track


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(clock: Clock) -> LiveState:
    return LiveState(clock)


def faces(state: LiveState) -> dict[int, Any]:
    return state.cameras()[0].faces


def test_a_face_comes_is_named_and_leaves(state: LiveState) -> None:
    state.take(camera(0))
    state.take(track(0, action=TrackAction.NEW, evidence=None))
    assert faces(state)[1].evidence.state == "unknown"
    state.take(identity(0))
    state.take(sample(0))
    assert (faces(state)[1].evidence.person, faces(state)[1].crop[:2]) == ("Ada", b"\xff\xd8")
    state.take(track(1, action=TrackAction.UPDATE, box=(1.0, 2.0, 3.0, 4.0), evidence=None))
    assert faces(state)[1].evidence.person == "Ada"  # no news is no change
    state.take(track(2, action=TrackAction.END))
    assert faces(state) == {}
    assert state.face(NODE, "door", 1) is None
    assert state.news()[0].text == "Ada"


def test_a_face_in_view_has_its_new_name_at_once_and_it_is_told(state: LiveState) -> None:
    state.take(camera(0))
    state.take(track(0, action=TrackAction.NEW, evidence=evidence("Ada")))
    state.changes()
    state.take(renamed("Ada", "Ada Lovelace"))
    assert faces(state)[1].evidence.person == "Ada Lovelace"
    found = state.changes()
    assert [(one.name, [news.text for news in found.news]) for one in found.cameras] == [
        ("door", ["Ada Lovelace (was Ada)"])
    ]
    state.take(renamed("Ada Lovelace", "Ada", PersonAction.SEPARATED))
    assert faces(state)[1].evidence.person == "Ada Lovelace"


def test_changes_are_told_once(state: LiveState) -> None:
    state.take(camera(0))
    state.take(identity(0))
    found = state.changes()
    assert ([one.name for one in found.cameras], [one.text for one in found.news]) == (["door"], ["Ada"])
    assert not any(state.changes())


def test_what_is_told_does_not_change_afterwards(state: LiveState) -> None:
    state.take(track(0, evidence=evidence()))
    before = state.cameras()[0]
    state.take(track(1, action=TrackAction.END))
    assert list(before.faces) == [1]


def test_a_new_run_forgets_the_faces_of_the_one_before(state: LiveState) -> None:
    state.take(track(0))
    state.take(camera(0, epoch="e2"))
    assert faces(state) == {}


def test_a_camera_that_the_node_has_no_more_is_gone(state: LiveState) -> None:
    state.take(camera(0, camera="yard"))
    state.take(camera(0))
    state.changes()
    state.take(health(0))
    assert [one.name for one in state.cameras()] == ["door"]
    assert state.changes().gone == [(NODE, "yard")]


def test_a_face_whose_end_was_lost_is_forgotten(state: LiveState, clock: Clock) -> None:
    state.take(track(0))
    state.changes()
    clock.now += FORGET_SECONDS + 1
    assert [one.faces for one in state.changes().cameras] == [{}]


def test_frames_a_second_are_counted_between_heartbeats(state: LiveState) -> None:
    def beat(uptime: float, frames: int) -> None:
        each = CameraHealth(state=CameraState.STALLED, frames=frames, dropped=3, tracks=0, frame_age=9.5)
        state.take(msgspec.structs.replace(health(0), uptime=uptime, cameras={"door": each}))

    beat(10, 100)
    assert state.cameras()[0].fps is None
    beat(12, 130)
    found = state.cameras()[0]
    assert (found.fps, found.state, found.dropped, found.frame_age) == (15, "stalled", 3, 9.5)
    beat(3, 5)  # the node started again with the same epoch, which no node does
    assert state.cameras()[0].fps == 15


def test_a_node_that_is_silent_is_known_by_the_clock_of_the_page(state: LiveState, clock: Clock) -> None:
    state.take(health(0))
    clock.now += 7
    assert [(node.name, silent) for node, silent in state.nodes()] == [(NODE, 7)]


def test_a_node_that_invents_cameras_faces_and_news_fills_no_memory(state: LiveState) -> None:
    for number in range(MAX_FACES + 5):
        state.take(track(number, track=number))
    assert len(faces(state)) == MAX_FACES
    for number in range(MAX_CAMERAS + 5):
        state.take(camera(0, camera=f"c{number}"))
    assert len(state.cameras()) == MAX_CAMERAS
    for number in range(NEWS + 5):
        state.take(identity(number))
    assert len(state.news()) == len(state.changes().news) == NEWS
