"""How far a recording is: a bar with the time left on a terminal, a log line now and then elsewhere.

Speed is taken over the last half minute: a resumed run replays its journal many times faster than it then goes on, and
an average since the start would promise an end that never comes. Nothing here runs in a thread; frames drive it.
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

log = logging.getLogger(__name__)

REDRAW_SECONDS = 0.2
LOG_SECONDS = 10.0
WINDOW_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Pace:
    """Frames and media seconds handled per second of clock, and the seconds left; None while unknown."""

    fps: float | None
    realtime: float | None
    left: float | None


class ProgressSink:
    """Shows the progress of recordings on `console`, standard error by default: standard output may carry events.

    totals: by camera, the media seconds expected (after --start and --end), None where the file does not say.
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
        self._first: dict[str, float] = {}
        self._done: dict[str, float] = {}
        self._frames = 0
        self._tracks = 0
        self._named: dict[tuple[str, int], bool] = {}
        self._samples: deque[tuple[float, int, float]] = deque([(clock(), 0, 0.0)])
        self._shown = clock()
        self._bar = _Bar(self._console) if self._console.is_terminal else None

    def on_event(self, event: Event) -> None:
        """Count tracks and names."""
        if isinstance(event, TrackEvent) and event.action is TrackAction.NEW:
            self._tracks += 1
        elif isinstance(event, IdentityEvent):
            self._named[event.camera, event.track] = event.action is not IdentityAction.RETRACTED

    def on_frame(self, view: FrameResult) -> None:
        """Count one frame, and show where things stand when it is time to."""
        camera, time = view.frame.camera, view.frame.media_time
        self._frames += 1
        self._done[camera] = max(self._done.get(camera, 0.0), time - self._first.setdefault(camera, time))
        now = self._clock()
        if now - self._shown >= (REDRAW_SECONDS if self._bar else LOG_SECONDS):
            self._shown = now
            self._show(now)

    def close(self) -> None:
        """Show the last figures and leave the terminal as it was; may be called again."""
        if self._bar:
            self._show(self._clock())
            self._bar.stop()
            self._bar = None
        elif not self._console.is_terminal and self._frames:
            log.info("%s", self.line(self._clock()))
        self._frames = 0

    def pace(self, now: float) -> Pace:
        """How fast it goes, over the last half minute."""
        media = sum(self._done.values())
        self._samples.append((now, self._frames, media))
        while len(self._samples) > 2 and now - self._samples[0][0] > WINDOW_SECONDS:
            self._samples.popleft()
        then, frames, before = self._samples[0]
        if now <= then:
            return Pace(None, None, None)
        fps, realtime = (self._frames - frames) / (now - then), (media - before) / (now - then)
        share = self.total
        left = None if share is None or realtime <= 0 else max(0.0, share - media) / realtime
        return Pace(fps, realtime, left)

    @property
    def total(self) -> float | None:
        """Media seconds of all recordings together; None when one does not say."""
        known = [seconds for seconds in self._totals.values() if seconds]
        return sum(known) if known and len(known) == len(self._totals) else None

    def line(self, now: float) -> str:
        """The figures in one line."""
        pace = self.pace(now)
        named = sum(self._named.values())
        parts = [f"{self._frames} frames", f"{self._tracks} tracks", f"{named} named"]
        if pace.fps is not None and pace.realtime is not None:
            parts[1:1] = [f"{pace.fps:.0f} fps", f"{pace.realtime:.1f}x real time"]
        if pace.left is not None:
            parts.append(f"{duration(pace.left)} left")
        return ", ".join(parts)

    def _show(self, now: float) -> None:
        text, total = self.line(now), self.total
        if self._bar:
            self._bar.show(text, done=sum(self._done.values()), total=total)
        elif total:
            log.info("%.0f%%: %s", 100 * min(1.0, sum(self._done.values()) / total), text)
        else:
            log.info("%s", text)


def duration(seconds: float) -> str:
    """Seconds as 1:02:03 or 2:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class _Bar:
    """A rich progress bar that redraws only when told to."""

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
