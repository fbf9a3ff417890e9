"""Shows how far a recording is: a bar on a terminal, a line in a notebook, a log line every ten seconds elsewhere.

Speed is an average over the last half minute. A resumed run replays its cache many times faster than it continues
afterwards, so an average since the start would show far too little time left. There is no thread: frames drive it.
"""

import logging
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from pipeline.events import Event, IdentityAction, IdentityEvent, TrackAction, TrackEvent
from pipeline.sink import FrameResult
from pipeline.sinks.notebook_line import NotebookLine
from recognizer.base import State

log = logging.getLogger(__name__)

REDRAW_SECONDS = 0.2
LOG_SECONDS = 10.0
SPEED_WINDOW_SECONDS = 30.0
LAST_FRAMES = 1.5  # less is left after the last frame, in mean distances of two


@dataclass(frozen=True, slots=True)
class Speed:
    """Frames and media seconds per second of clock time, and the clock seconds left; None while unknown."""

    fps: float | None
    realtime_factor: float | None
    seconds_left: float | None


class ProgressSink:
    """A sink that shows progress on `console`: standard error by default, as standard output may carry events.

    totals: expected media seconds by camera (after --start and --end), None where the file does not state them.
    """

    def __init__(
        self,
        totals: Mapping[str, float | None],
        *,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._totals = totals
        self._console = console or Console(file=sys.stderr)
        self._clock = clock
        self._start_times: dict[str, float] = {}
        self._done_seconds: dict[str, float] = {}
        self._frames = 0
        self._tracks = 0
        self._is_named: dict[tuple[str, int], bool] = {}
        self._candidates: set[tuple[str, int]] = set()
        # (clock, frames, media seconds) within the speed window.
        self._samples: deque[tuple[float, int, float]] = deque([(clock(), 0, 0.0)])
        self._last_shown = clock()
        self._bar = _open_bar(self._console)

    def on_event(self, event: Event) -> None:
        """Count tracks, names and candidates."""
        if isinstance(event, TrackEvent):
            self._tracks += event.action is TrackAction.NEW
            self._note_candidate(event)
        elif isinstance(event, IdentityEvent):
            self._is_named[event.camera, event.track] = event.action is not IdentityAction.RETRACTED

    def _note_candidate(self, event: TrackEvent) -> None:
        key, state = (event.camera, event.track), event.evidence.state if event.evidence else ""
        (self._candidates.add if state == State.CANDIDATE else self._candidates.discard)(key)

    def on_frame(self, result: FrameResult) -> None:
        """Count a frame, and show the progress if it is due."""
        camera, time = result.frame.camera, result.frame.media_time
        self._frames += 1
        done = time - self._start_times.setdefault(camera, time)
        self._done_seconds[camera] = max(self._done_seconds.get(camera, 0.0), done)
        now = self._clock()
        if now - self._last_shown >= (REDRAW_SECONDS if self._bar else LOG_SECONDS):
            self._last_shown = now
            self._show(now)

    def close(self) -> None:
        """Show the final figures and restore the terminal; may be called twice."""
        if self._bar:
            self._show(self._clock())
            self._bar.stop()
            self._bar = None
        elif not self._console.is_terminal and self._frames:
            log.info("%s", self.summary(self._clock()))
        self._frames = 0

    def measure_speed(self, now: float) -> Speed:
        """Add a sample and return the speed over the last half minute."""
        done = sum(self._done_seconds.values())
        self._samples.append((now, self._frames, done))
        while len(self._samples) > 2 and now - self._samples[0][0] > SPEED_WINDOW_SECONDS:
            self._samples.popleft()
        then, frames_then, done_then = self._samples[0]
        if now <= then:
            return Speed(None, None, None)
        fps, factor = (self._frames - frames_then) / (now - then), (done - done_then) / (now - then)
        total = self.total_seconds
        left = None if total is None or factor <= 0 else max(0.0, total - done) / factor
        return Speed(fps, factor, left)

    @property
    def total_seconds(self) -> float | None:
        """Media seconds of all recordings together; None if one of them does not state its length."""
        known = [seconds for seconds in self._totals.values() if seconds]
        return sum(known) if known and len(known) == len(self._totals) else None

    def summary(self, now: float) -> str:
        """Return the figures in one line."""
        speed = self.measure_speed(now)
        named = sum(self._is_named.values())
        parts = [f"{self._frames} frames", f"{self._tracks} tracks", f"{named} named"]
        if self._candidates:
            parts.append(f"{len(self._candidates)} only candidates")
        if speed.fps is not None and speed.realtime_factor is not None:
            parts[1:1] = [f"{speed.fps:.0f} fps", f"{speed.realtime_factor:.1f}x real time"]
        if speed.seconds_left is not None:
            parts.append(f"{format_duration(speed.seconds_left)} left")
        return ", ".join(parts)

    def _show(self, now: float) -> None:
        text, done, total = self.summary(now), sum(self._done_seconds.values()), self.total_seconds
        if total and self._frames > 10 and total - done < LAST_FRAMES * done / self._frames * len(self._done_seconds):
            done = total  # the last frame is shown until the end
        if self._bar:
            self._bar.show(text, done=done, total=total)
        elif total:
            log.info("%.0f%%: %s", 100 * min(1.0, done / total), text)
        else:
            log.info("%s", text)


def format_duration(seconds: float) -> str:
    """Format seconds as 1:02:03 or 2:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _open_bar(console: Console) -> "_Bar | NotebookLine | None":
    """A bar on a terminal, a line in a notebook; None elsewhere, where a bar cannot be drawn again in its place."""
    if console.is_jupyter:
        return NotebookLine()
    return _Bar(console) if console.is_terminal else None


class _Bar:
    """A rich progress bar that redraws only in `show`."""

    def __init__(self, console: Console) -> None:
        columns = (BarColumn(bar_width=24), TextColumn("{task.percentage:>3.0f}%"), TextColumn("{task.fields[text]}"))
        self._progress = Progress(*columns, console=console, auto_refresh=False)
        self._task: TaskID = self._progress.add_task("", total=None, text="starting")
        self._progress.start()

    def show(self, text: str, *, done: float, total: float | None) -> None:
        self._progress.update(self._task, completed=min(done, total or done), total=total, text=text)
        self._progress.refresh()

    def stop(self) -> None:
        self._progress.stop()
