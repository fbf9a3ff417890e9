"""Watch cameras and recordings from a program: the pipeline in a thread of its own, its events in yours."""

import os
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

import msgspec
from rich.console import Console

from configs.read import ConfigurationError
from glimpse.channel import Channel
from glimpse.errors import (
    GalleryError,
    GalleryMissingError,
    GlimpseError,
    ModelError,
    ModelMissingError,
    SettingsError,
    SourceError,
    SourceMissingError,
)
from glimpse.people import Gallery
from pipeline.build import build
from pipeline.events import CameraEvent, Event, HealthEvent, IdentityEvent, SampleEvent, TrackEvent
from pipeline.parts.job import Job
from pipeline.parts.models import ModelMissingError as NoModelError
from pipeline.parts.sources import SourceUnreachableError
from pipeline.secrets.redact import redact
from pipeline.settings.load import ROOMS, make_settings
from pipeline.settings.outputs import Outputs
from pipeline.settings.types import CameraDefaults, Settings
from pipeline.sink import FrameResult
from recognizer.gallery.database import may_exist
from recognizer.gallery.index import OtherModelError

__all__ = [
    "CameraEvent",
    "Event",
    "FrameResult",
    "HealthEvent",
    "IdentityEvent",
    "SampleEvent",
    "TrackEvent",
    "Watch",
    "watch",
]

QUEUE_SIZE = 1000
_CAMERA_KEYS = frozenset(field.name for field in msgspec.structs.fields(CameraDefaults))

SourceName: TypeAlias = str | os.PathLike[str] | int
Sources: TypeAlias = SourceName | Iterable[SourceName] | Mapping[str, SourceName]
"""A URL, file, folder, glob or webcam number; several; or several by the names that their events shall bear."""


def watch(
    source: Sources,
    *,
    gallery: Gallery | str | os.PathLike[str] | None = None,
    progress: bool = False,
    duration: float = 0.0,
    report: str | os.PathLike[str] | None = None,
    on_frame: Callable[[FrameResult], None] | None = None,
    queue_size: int = QUEUE_SIZE,
    **settings: Any,
) -> "Watch":
    """Run the pipeline and iterate over its events, until all sources have ended.

    source: see `Sources`.  gallery: people to name; without it, faces are followed and nobody is compared.
    progress: show how far a recording is, also in a notebook.  duration: stop after this time, seconds; 0: no limit.
    report: folder for a report of the run.
    on_frame: called in the pipeline's thread with each frame, its faces and decisions; it delays the next frame.
    queue_size: events that may wait for you. When it is full, a recording waits, and a live camera drops frames.
    settings: sections and keys of a configuration (docs/settings.md): `fps=5`, `decision={"false_alarm": 0.01}`,
    `events={"bind": "tcp://127.0.0.1:5556"}` (without it, nothing is published).

    Returns when models, gallery and sources are opened. No signal handler is set and no logging configured.

    Raises SettingsError, ModelError, GalleryError or SourceError before the first event; while iterating, SourceError
    after the last event where a source failed or gave no frame, and whatever else ended the run.
    """
    run = _Run(
        _settings(source, gallery, settings),
        Outputs(report=Path(report) if report is not None else None, console=Console() if progress else None),
        duration,
        on_frame,
        Channel(queue_size),
    )
    return Watch(run)


class Watch(Iterator[Event]):
    """A running pipeline. Iterate over it; `close`, the end of a `with` block or leaving a `for` loop stops the run."""

    def __init__(self, run: "_Run") -> None:
        """Start the thread, and wait until it is ready. Raises as `watch`."""
        self._run = run
        thread = threading.Thread(target=run.work, name="glimpse-watch", daemon=True)
        thread.start()
        self._stop = weakref.finalize(self, _stop, run, thread)
        try:
            run.ready.wait()
            run.raise_error()
        except BaseException:
            self.close()
            raise

    def __next__(self) -> Event:
        event = self._run.channel.take()
        if event is not None:
            return event
        if self._stop.alive:
            self.close()
            self._run.raise_error()
            if self._run.failures:
                raise SourceError("; ".join(map(redact, self._run.failures)))
        raise StopIteration

    def __enter__(self) -> "Watch":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the run, and wait until every file, thread and camera is closed. Events that wait are dropped."""
        self._stop()

    @property
    def damage(self) -> list[str]:
        """A line for each source that was read and yet lacks something, such as a truncated file. Ask at the end."""
        return [redact(line) for line in self._run.job.damage] if self._run.job else []


class _Run:
    """What the pipeline's thread works on. It knows nothing of its Watch, so that one nobody holds is stopped."""

    def __init__(
        self,
        settings: Settings,
        outputs: Outputs,
        duration: float,
        on_frame: Callable[[FrameResult], None] | None,
        channel: Channel[Event],
    ) -> None:
        self.channel = channel
        self.ready: threading.Event = threading.Event()
        self.job: Job | None = None
        self.failures: list[str] = []
        self._settings, self._outputs, self._duration, self._on_frame = settings, outputs, duration, on_frame
        self._error: BaseException | None = None
        self._stopped = threading.Event()

    def work(self) -> None:
        """Build and run. SQLite wants one thread for both."""
        try:
            self.job = build(self._settings, self._outputs, listeners=[_Listener(self.channel, self._on_frame)])
            self.ready.set()
            if self._stopped.is_set():
                self.job.stop("closed")
            self.failures = self.job.run(duration=self._duration)
        except BaseException as error:
            self._error = error
        finally:
            self.channel.end()
            self.ready.set()

    def stop(self) -> None:
        """End the run after its current step."""
        self._stopped.set()
        if job := self.job:
            job.stop("closed")
        self.channel.abandon()

    def raise_error(self) -> None:
        """Raise what ended the run, if anything did, as an error of the library where it is a known one."""
        error, self._error = self._error, None
        if error is None:
            return
        if (kind := _kind_of(error)) is None:
            raise error
        raise kind(redact(str(error))) from None  # the cause might show a password


class _Listener:
    """A sink that hands events to the caller's thread."""

    def __init__(self, channel: Channel[Event], on_frame: Callable[[FrameResult], None] | None) -> None:
        self._channel, self._on_frame = channel, on_frame

    def on_event(self, event: Event) -> None:
        self._channel.put(event)

    def on_frame(self, result: FrameResult) -> None:
        if self._on_frame:
            self._on_frame(result)

    def close(self) -> None:
        pass


def _stop(run: _Run, thread: threading.Thread) -> None:
    run.stop()
    if thread is not threading.current_thread():  # the garbage collector runs in whatever thread
        thread.join()


def _kind_of(error: BaseException) -> type[GlimpseError] | None:
    kinds: dict[type[BaseException], type[GlimpseError]] = {
        NoModelError: ModelMissingError,
        SourceUnreachableError: SourceMissingError,
        OtherModelError: GalleryError,
        ConfigurationError: SettingsError,
    }
    for known, kind in kinds.items():
        if isinstance(error, known):
            return kind
    return ModelError if type(error) is ValueError else None


def _settings(source: Sources, gallery: Gallery | str | os.PathLike[str] | None, given: Mapping[str, Any]) -> Settings:
    """The settings of a run. Raises SettingsError, GalleryMissingError."""
    raw: dict[str, Any] = {}
    if gallery is not None:
        people = gallery if isinstance(gallery, Gallery) else Gallery(gallery)
        if not may_exist(people.place):
            raise GalleryMissingError(f"gallery {people.path}: no such file; enrol somebody first")
        raw |= people.models.settings() | {"gallery": str(people.place)}
    plain = msgspec.to_builtins(dict(given), enc_hook=_to_text)
    defaults = {key: plain.pop(key) for key in list(plain) if key in _CAMERA_KEYS}
    raw |= plain | {"cameras": _cameras(source)}
    if defaults:
        raw["defaults"] = _section(raw, "defaults") | defaults
    raw["events"] = {"bind": "none"} | _section(raw, "events")
    try:
        return make_settings(raw, ignored=ROOMS)
    except ConfigurationError as error:
        raise SettingsError(str(error)) from None


def _section(raw: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A section as it was given; empty where it was not. Raises SettingsError."""
    section = raw.get(name) or {}
    if not isinstance(section, dict):
        raise SettingsError(f"{name}: expected a dict of settings, got {section!r}")
    return section


def _cameras(source: Sources) -> list[dict[str, str]]:
    if isinstance(source, Mapping):
        cameras = [{"name": _to_text(name), "source": _to_text(where)} for name, where in source.items()]
    elif isinstance(source, str | os.PathLike | int) or not isinstance(source, Iterable):
        cameras = [{"source": _to_text(source)}]
    else:
        cameras = [{"source": _to_text(where)} for where in source]
    if not cameras:
        raise SettingsError("source: expected a URL, a file, a folder, a webcam number or several, got none")
    return cameras


def _to_text(value: Any) -> str:
    """A path or webcam number as text. Raises SettingsError for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | os.PathLike | int):
        raise SettingsError(f"expected text, a number or a path, got {type(value).__name__}")
    return os.fsdecode(value) if not isinstance(value, int) else str(value)
