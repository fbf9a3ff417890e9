"""Shows how the live cameras fare: a line that is redrawn on a terminal, a log line every half minute elsewhere.

All figures come from heartbeats (`pipeline.heartbeat`), one a second by default, and from the names that were given.
"""

import logging

from rich.console import Console
from rich.live import Live
from rich.text import Text

from pipeline.events import Event, HealthEvent, IdentityEvent, TrackAction, TrackEvent
from pipeline.sink import FrameResult
from pipeline.sinks.notebook_line import NotebookLine
from pipeline.types import CameraState

log = logging.getLogger("glimpse")

LOG_SECONDS = 30.0


class StatusSink:
    """A sink that shows one line of figures on `console`.

    recordings: names of the sources that are no cameras; they are not counted among the cameras.
    """

    def __init__(self, console: Console, *, recordings: frozenset[str] = frozenset()) -> None:
        self._recordings = recordings
        self._named: dict[tuple[str, int], str] = {}
        self._previous: HealthEvent | None = None
        self._next_log = LOG_SECONDS
        self._notebook = NotebookLine() if console.is_jupyter else None
        shows = console.is_terminal and not self._notebook
        self._live = Live(console=console, auto_refresh=False, transient=True) if shows else None
        if self._live:
            self._live.start()

    def on_event(self, event: Event) -> None:
        """Follow names, and show the line at each heartbeat that is due."""
        if isinstance(event, IdentityEvent):
            self._name(event)
        elif isinstance(event, TrackEvent) and event.action is TrackAction.END:
            self._named.pop((event.camera, event.track), None)
        elif isinstance(event, HealthEvent):
            self._show(event)

    def on_frame(self, result: FrameResult) -> None:
        """Do nothing: heartbeats count frames."""

    def close(self) -> None:
        """Take the line off the terminal; may be called twice."""
        if self._live:
            self._live.stop()
        self._live = None

    def _name(self, event: IdentityEvent) -> None:
        key = (event.camera, event.track)
        if event.person is None:
            self._named.pop(key, None)
        else:
            self._named[key] = event.person

    def _show(self, event: HealthEvent) -> None:
        if self._notebook:
            self._notebook.show(self._line(event))
            self._previous = event
        elif self._live:
            self._live.update(Text(self._line(event), no_wrap=True, overflow="ellipsis"), refresh=True)
            self._previous = event
        elif event.uptime >= self._next_log:
            log.info("%s", self._line(event))
            self._next_log = event.uptime + LOG_SECONDS
            self._previous = event

    def _line(self, event: HealthEvent) -> str:
        cameras = [health for name, health in event.cameras.items() if name not in self._recordings]
        ages = [health.frame_age for health in cameras if health.frame_age is not None]
        live = sum(health.state is CameraState.LIVE for health in cameras)
        parts = [
            f"{live} of {len(cameras)} {'camera' if len(cameras) == 1 else 'cameras'} live",
            f"{self._fps(event):.0f} fps",
            f"{sum(health.dropped for health in cameras)} dropped",
            f"newest frame {min(ages):.1f} s old" if ages else "no frame yet",
            f"{sum(health.tracks for health in cameras)} tracks",
            f"{len(self._named)} named" + (f" ({', '.join(sorted(set(self._named.values())))})" if self._named else ""),
        ]
        return ", ".join(parts)

    def _fps(self, event: HealthEvent) -> float:
        """Frames processed a second since the line was last shown, of all sources."""
        before = self._previous
        frames = sum(health.frames for health in event.cameras.values())
        earlier = sum(health.frames for health in before.cameras.values()) if before else 0
        seconds = event.uptime - (before.uptime if before else 0.0)
        return (frames - earlier) / seconds if seconds > 0 else 0.0
