"""Which picture of a main stream belongs to a frame of the sub-stream."""

import logging

import numpy as np
import pytest

from pipeline.capture.main_stream import KEEP_PICTURES, MainStream
from pipeline.types import CameraReport, CameraState, Frame

PIXELS = np.zeros((4, 6, 3), np.uint8)


def at(time: float, *, capture: float | None = None) -> Frame:
    return Frame("door", round(time * 10), time, 0.0, time, PIXELS, capture)


def filled(*frames: Frame) -> MainStream:
    stream = MainStream()
    for frame in frames:
        stream.put(frame)
    return stream


def nearest(stream: MainStream, frame: Frame) -> float | None:
    found = stream.nearest(frame)
    return found.media_time if found else None


@pytest.mark.parametrize(("time", "found"), [(1.04, 1.0), (1.06, 1.1), (1.9, 1.5), (0.0, None), (9.0, None)])
def test_the_picture_that_arrived_nearest_is_taken_if_it_is_near(time: float, found: float | None) -> None:
    assert nearest(filled(at(1.0), at(1.1), at(1.5)), at(time)) == found


def test_the_cameras_own_clock_goes_before_arrival() -> None:
    stream = filled(at(1.0, capture=100.0), at(1.1, capture=100.2))
    assert nearest(stream, at(1.0, capture=100.19)) == 1.1
    assert nearest(stream, at(1.0)) == 1.0


def test_only_the_newest_pictures_are_kept() -> None:
    stream = filled(*(at(index / 10) for index in range(20)))
    assert nearest(stream, at((20 - KEEP_PICTURES) / 10)) == (20 - KEEP_PICTURES) / 10
    assert nearest(stream, at(1.2)) == (20 - KEEP_PICTURES) / 10


@pytest.mark.parametrize("state", [CameraState.RECONNECTING, CameraState.STALLED, CameraState.FAILED])
def test_a_broken_stream_has_no_pictures_and_is_logged(state: CameraState, caplog: pytest.LogCaptureFixture) -> None:
    stream = filled(at(1.0))
    with caplog.at_level(logging.WARNING):
        stream.report(CameraReport("door", state, 0.0, "connection lost"))
    assert nearest(stream, at(1.0)) is None
    assert caplog.messages == [f"door: main stream {state.value}: connection lost"]
    stream.put(at(2.0))
    stream.report(CameraReport("door", CameraState.LIVE, 0.0))
    assert nearest(stream, at(2.0)) == 2.0


def test_the_end_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    MainStream().report(CameraReport("door", CameraState.ENDED, 0.0, "stopped", final=True))
    assert caplog.messages == []


def test_an_empty_stream_has_no_picture() -> None:
    assert nearest(MainStream(), at(1.0)) is None
