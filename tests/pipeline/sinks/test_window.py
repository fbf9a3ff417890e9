"""--show: an error without a display, and one call to stop when the user quits."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from detectors.base import Detections
from pipeline.sink import FrameResult
from pipeline.sinks.window import NoDisplayError, WindowSink, require_display
from pipeline.types import Frame

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 and Wayland are Linux")


def view(camera: str = "cam", size: tuple[int, int] = (48, 64)) -> FrameResult:
    image = np.full((*size, 3), 40, np.uint8)
    return FrameResult(Frame(camera, 0, 0.0, 0.0, 0.0, image), Detections.empty(), (), {})


def headless() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}


def test_a_missing_display_is_an_error() -> None:
    with pytest.raises(NoDisplayError, match="neither DISPLAY nor WAYLAND_DISPLAY is set"):
        require_display(headless(), platform="linux")


@linux
def test_a_display_that_does_not_answer_is_an_error() -> None:
    with pytest.raises(NoDisplayError, match="no window opens on :4242"):
        require_display(headless() | {"DISPLAY": ":4242"})


@pytest.fixture
def display() -> Iterator[str]:
    if shutil.which("Xvfb") is None:
        pytest.skip("no Xvfb")
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "800x600x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL) as server:
        os.close(write)
        with os.fdopen(read) as answer:
            number = answer.readline().strip()
        assert number, "Xvfb did not start"
        yield f":{number}"
        server.terminate()


CHILD = """
import numpy as np
from detectors.base import Detections
from pipeline.sink import FrameResult
from pipeline.types import Frame
from pipeline.sinks.window import WindowSink
sink = WindowSink(lambda: print("stopped"))
for index in range(5):
    image = np.full((480, 640, 3), 40 * index, np.uint8)
    sink.on_frame(FrameResult(Frame("cam", index, index / 25, 0.0, 0.0, image), Detections.empty(), (), {}))
sink.close()
sink.close()
print("done")
"""


@pytest.mark.slow
@linux
def test_frames_are_shown_on_a_real_display(display: str) -> None:
    environment = headless() | {"DISPLAY": display}
    require_display(environment)
    done = subprocess.run([sys.executable, "-c", CHILD], env=environment, capture_output=True, text=True, timeout=15)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


class Screen:
    """Replaces OpenCV's window functions, because this process may have no display."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.key, self.visible, self.shown = -1, 1.0, []
        monkeypatch.setattr(cv2, "namedWindow", lambda title, flags: None)
        monkeypatch.setattr(cv2, "resizeWindow", lambda title, width, height: self.shown.append((width, height)))
        monkeypatch.setattr(cv2, "imshow", lambda title, image: self.shown.append(title))
        monkeypatch.setattr(cv2, "waitKey", lambda delay: self.key)
        monkeypatch.setattr(cv2, "getWindowProperty", lambda title, which: self.visible)
        monkeypatch.setattr(cv2, "destroyAllWindows", lambda: self.shown.append("closed"))


@pytest.mark.parametrize("key", [ord("q"), ord("Q"), 27, 0x100000 | 27])
def test_a_quit_key_stops_once_and_shows_nothing_more(monkeypatch: pytest.MonkeyPatch, key: int) -> None:
    screen, stops = Screen(monkeypatch), []
    sink = WindowSink(lambda: stops.append("stop"))
    sink.on_frame(view())
    assert stops == []
    screen.key = key
    sink.on_frame(view())
    sink.on_frame(view())
    sink.close()
    assert stops == ["stop"]
    assert screen.shown == [(64, 48), "Glimpse: cam", "Glimpse: cam", "closed"]


def test_closing_the_window_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, stops = Screen(monkeypatch), []
    sink = WindowSink(lambda: stops.append("stop"))
    screen.visible = 0.0
    sink.on_frame(view())
    assert stops == ["stop"]


def test_other_keys_do_nothing_and_large_frames_fit_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, stops = Screen(monkeypatch), []
    sink = WindowSink(lambda: stops.append("stop"))
    screen.key = ord("x")
    sink.on_frame(view(size=(2160, 3840)))
    assert (stops, screen.shown[0]) == ([], (1280, 720))


def test_closing_without_a_frame_opens_no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch)
    WindowSink(lambda: None).close()
    assert screen.shown == []
