"""`--show`: a window per camera with the annotated frames.

Without a usable display `cv2.imshow` aborts the whole process, and no check inside the process can predict that. So
`require_display` first opens a window in a child process.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping

import cv2

from pipeline.events import Event
from pipeline.sink import FrameResult
from pipeline.sinks.annotate import annotate

_PROBE = "import cv2; cv2.namedWindow('glimpse', cv2.WINDOW_NORMAL); cv2.waitKey(1); cv2.destroyAllWindows()"
_PROBE_TIMEOUT_SECONDS = 20.0
_QUIT_KEYS = frozenset(b"qQ\x1b")
_MAX_WIDTH_PX, _MAX_HEIGHT_PX = 1280, 720


class NoDisplayError(ValueError):
    """No window can be opened; the message says why and what to do."""


def require_display(environment: Mapping[str, str] = os.environ, *, platform: str = sys.platform) -> None:
    """Raise NoDisplayError unless a window opens: the display is set, it answers, and this OpenCV has window support.

    Takes about half a second, because it starts a process.
    """
    if platform.startswith("linux") and not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        raise NoDisplayError(
            "--show needs a display, but neither DISPLAY nor WAYLAND_DISPLAY is set; try --save-video instead"
        )
    display = environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY") or "this desktop"
    command = [sys.executable, "-c", _PROBE]
    try:
        probe = subprocess.run(
            command, env=dict(environment), capture_output=True, text=True, timeout=_PROBE_TIMEOUT_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise NoDisplayError(f"--show needs a display, but {display} did not answer in time") from None
    if probe.returncode:
        reason = _find_error(probe.stderr) or f"code {probe.returncode}"
        raise NoDisplayError(f"--show needs a display, but no window opens on {display}: {reason}")


def _find_error(output: str) -> str:
    lines = (line.strip() for line in output.splitlines())
    return next((line for line in lines if "isplay" in line or "error" in line), "")


class WindowSink:
    """A sink that shows annotated frames. Call `require_display` first.

    q, Esc or closing a window calls `stop` once; after that nothing is shown. Windows belong to the thread that calls
    `on_frame`.
    """

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._open_titles: set[str] = set()
        self._stopped = False

    def on_event(self, event: Event) -> None:
        """Do nothing: the image shows tracks and decisions."""

    def on_frame(self, result: FrameResult) -> None:
        """Show a frame and check the keyboard."""
        if self._stopped:
            return
        title = f"Glimpse: {result.frame.camera}"
        if title not in self._open_titles:
            self._open_window(title, result)
        cv2.imshow(title, annotate(result.frame.image, result))
        key = cv2.waitKey(1) & 0xFF
        if key in _QUIT_KEYS or cv2.getWindowProperty(title, cv2.WND_PROP_VISIBLE) < 1:
            self._stopped = True
            self._stop()

    def close(self) -> None:
        """Close the windows; may be called twice."""
        self._stopped = True
        if self._open_titles:
            cv2.destroyAllWindows()
            self._open_titles.clear()

    def _open_window(self, title: str, result: FrameResult) -> None:
        height, width = result.frame.image.shape[:2]
        scale = min(1.0, _MAX_WIDTH_PX / width, _MAX_HEIGHT_PX / height)
        cv2.namedWindow(title, cv2.WINDOW_NORMAL)
        cv2.resizeWindow(title, max(1, round(width * scale)), max(1, round(height * scale)))
        self._open_titles.add(title)
