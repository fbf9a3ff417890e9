"""`--show`: a window per camera with what the engine sees. `cv2.imshow` without a display ends the whole process.

No test inside the process can tell beforehand, so a child process opens a window first; what kills it is the message.
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
_PROBE_SECONDS = 20.0
_QUIT_KEYS = frozenset(b"qQ\x1b")


class NoDisplayError(ValueError):
    """No window can be opened here; the text says why and what to do."""


def require_display(environment: Mapping[str, str] = os.environ, *, platform: str = sys.platform) -> None:
    """Raise NoDisplayError unless a window opens: the display is set, it answers, and this OpenCV has window support.

    Takes about half a second, as it starts a process.
    """
    if platform.startswith("linux") and not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        raise NoDisplayError(
            "--show needs a display, but neither DISPLAY nor WAYLAND_DISPLAY is set; try --save-video instead"
        )
    command = [sys.executable, "-c", _PROBE]
    try:
        done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, timeout=_PROBE_SECONDS)
    except subprocess.TimeoutExpired:
        raise NoDisplayError(f"--show needs a display, but {_display(environment)} did not answer in time") from None
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        why = next((line for line in lines if "isplay" in line or "error" in line), f"code {done.returncode}")
        raise NoDisplayError(f"--show needs a display, but no window opens on {_display(environment)}: {why}")


class WindowSink:
    """Shows annotated frames; q, Esc or closing the window calls `stop` once, and nothing is shown after.

    Call `require_display` first. Windows belong to the thread that calls `frame`.
    """

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._open: set[str] = set()
        self._stopped = False

    def on_event(self, event: Event) -> None:
        """Nothing: the picture shows tracks and decisions."""

    def on_frame(self, view: FrameResult) -> None:
        """Show one frame and look for a key."""
        if self._stopped:
            return
        title = f"Glimpse: {view.frame.camera}"
        if title not in self._open:
            self._begin(title, view)
        cv2.imshow(title, annotate(view.frame.image, view))
        key = cv2.waitKey(1) & 0xFF
        if key in _QUIT_KEYS or cv2.getWindowProperty(title, cv2.WND_PROP_VISIBLE) < 1:
            self._stopped = True
            self._stop()

    def close(self) -> None:
        """Close the windows; may be called again."""
        self._stopped = True
        if self._open:
            cv2.destroyAllWindows()
            self._open.clear()

    def _begin(self, title: str, view: FrameResult) -> None:
        height, width = view.frame.image.shape[:2]
        scale = min(1.0, 1280 / width, 720 / height)
        cv2.namedWindow(title, cv2.WINDOW_NORMAL)
        cv2.resizeWindow(title, max(1, round(width * scale)), max(1, round(height * scale)))
        self._open.add(title)


def _display(environment: Mapping[str, str]) -> str:
    return environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY") or "this desktop"
