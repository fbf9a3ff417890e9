"""Previews on real sockets: who gets which pictures, and that nobody waits or encodes for nobody."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import zmq

from detectors.arrays import Image
from detectors.base import Detections
from pipeline.bus.curve_keys import make_keys
from pipeline.bus.preview.client import receive_previews
from pipeline.bus.preview.message import Preview
from pipeline.bus.preview.publisher import PreviewPublisher
from pipeline.sink import FrameResult
from pipeline.types import Frame
from tests.synthetic.events import sockets


class Picture:
    """Counts how often somebody looks at it."""

    size = (800, 600)

    def __init__(self, *, grey: int = 90) -> None:
        self.looks = 0
        self._image: Image = np.full((600, 800, 3), grey, np.uint8)

    @property
    def image(self) -> Image:
        self.looks += 1
        return self._image

    brightness = image


def result(camera: str, picture: Any = None, *, at: float = 1.5) -> FrameResult:
    frame = Frame(camera, 3, at, 1_700_000_000.25, 1.0, Picture() if picture is None else picture)
    return FrameResult(frame, Detections.empty(), (), {})


def publisher(bind: str = "tcp://127.0.0.1:*", **options: Any) -> closing[PreviewPublisher]:
    return closing(PreviewPublisher(bind, **{"node": "n", "epoch": "e1", "fps": 100.0, "long_side": 200} | options))


@contextmanager
def feeding(previews: PreviewPublisher, *cameras: str) -> Iterator[None]:
    """Show frames of these cameras all the time, as the engine does."""
    stop = threading.Event()

    def show() -> None:
        while not stop.wait(0.005):
            for camera in cameras:
                previews.on_frame(result(camera))

    thread = threading.Thread(target=show)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def take(address: str, count: int, **options: Any) -> list[Preview]:
    with closing(receive_previews(address, **options)) as stream:
        found: list[Preview] = []
        for preview in stream:
            found += [preview] if preview else []
            if len(found) == count:
                return found
    raise AssertionError("the stream ended")


@pytest.mark.parametrize("scheme", ["tcp", "ipc"])
def test_a_subscriber_gets_small_pictures_with_their_time_and_frame_size(scheme: str, tmp_path: Path) -> None:
    bind = "tcp://127.0.0.1:*" if scheme == "tcp" else f"ipc://{tmp_path}/previews"
    with publisher(bind) as previews, feeding(previews, "door"):
        first, second = take(previews.address, 2)
    header = first.header
    assert (header.node, header.epoch, header.camera, header.width, header.height) == ("n", "e1", "door", 800, 600)
    assert (header.wall_time, header.media_time) == (1_700_000_000.25, 1.5)
    assert second.header.seq == header.seq + 1
    shown = cv2.imdecode(np.frombuffer(first.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert shown.shape == (150, 200, 3)
    assert abs(int(shown.mean()) - 90) <= 1


def test_only_the_cameras_that_somebody_asks_for_are_sent() -> None:
    with publisher() as previews, feeding(previews, "door", "door2", "yard"):
        assert {one.header.camera for one in take(previews.address, 5, cameras=["door"])} == {"door"}
        assert {one.header.camera for one in take(previews.address, 9)} == {"door", "door2", "yard"}


def test_nothing_is_encoded_or_kept_while_nobody_asks() -> None:
    with publisher() as previews:
        unseen = Picture()
        previews.on_frame(result("door", unseen))
        with feeding(previews, "yard"):
            take(previews.address, 1, cameras=["yard"])
            until_empty(previews)
        assert unseen.looks == 0


def until_empty(previews: PreviewPublisher) -> None:
    """Wait until the last subscriber's leave has arrived, after which nothing is kept."""
    end = time.monotonic() + 10
    while previews._is_asked or previews._newest:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_of_a_camera_that_nobody_asks_for_no_pixel_is_looked_at() -> None:
    with publisher() as previews, feeding(previews, "yard"):
        with closing(receive_previews(previews.address, cameras=["yard"])) as stream:
            assert next(one for one in stream if one)
            other = Picture()
            previews.on_frame(result("door", other))
            for _ in range(5):
                next(stream)
            assert other.looks == 0


def test_a_stalled_subscriber_delays_nobody() -> None:
    with publisher() as previews, sockets() as context, context.socket(zmq.SUB) as stalled:
        stalled.linger, stalled.rcvhwm, stalled.rcvbuf = 0, 1, 4096
        stalled.subscribe("v1/preview/")
        stalled.connect(previews.address)
        with feeding(previews, "door"):
            assert len(take(previews.address, 60)) == 60
        began = time.monotonic()
        for _ in range(10_000):
            previews.on_frame(result("door", PICTURE))
        assert time.monotonic() - began < 1.0


PICTURE = Picture()


def test_a_picture_that_cannot_be_encoded_ends_nothing() -> None:
    with publisher() as previews, feeding(previews, "door"):
        with closing(receive_previews(previews.address)) as stream:
            assert next(one for one in stream if one)
            previews.on_frame(result("broken", np.zeros((0, 0, 3), np.uint8)))
            for _ in range(5):
                assert next(one for one in stream if one).header.camera == "door"


def test_pictures_of_other_machines_need_keys_and_only_listed_clients_get_them(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"events\.preview_bind: 'tcp://0\.0\.0\.0:\*'.*needs CURVE"):
        PreviewPublisher("tcp://0.0.0.0:*", node="n", epoch="e", fps=1.0, long_side=64)
    [client] = make_keys(tmp_path / "keys", ["page"])
    with publisher(curve=str(tmp_path / "keys")) as previews, feeding(previews, "door"):
        assert take(previews.address, 1, curve=str(client))
        with closing(receive_previews(previews.address, timeout=0.3)) as stream:
            assert next(stream) is None


def test_an_address_in_use_is_named() -> None:
    with publisher() as previews, pytest.raises(ValueError, match=r"events\.preview_bind: .* is in use"):
        PreviewPublisher(previews.address, node="n", epoch="e", fps=1.0, long_side=64)


def test_it_may_be_closed_twice_and_frees_its_address() -> None:
    with publisher() as previews:
        address = previews.address
    previews.close()
    with publisher(address) as again:
        assert again.address == address
