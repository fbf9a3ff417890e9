"""What runs, and how a changed configuration is taken up by it.

`take_up` is called by whoever reads the file, in its own thread: it checks everything that can be wrong. The changes
themselves are made by the engine's thread, between two frames (`Change`).
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.capture.feed import Feed
from pipeline.capture.mailbox import Mailbox
from pipeline.capture.main_stream import MainStream
from pipeline.capture.media_time import LiveMediaTime
from pipeline.capture.sources import Source
from pipeline.capture.stream import PacketFilm
from pipeline.engine import Engine
from pipeline.events import Event
from pipeline.parts.sources import open_live_camera
from pipeline.reload.change import Change
from pipeline.reload.compare import Camera, Cameras, Differences, compare, with_free_part
from pipeline.scan.finder import FaceFinder, LiveSchedules
from pipeline.settings.types import CameraSettings, Settings
from pipeline.tracks.camera import CameraTracks
from recognizer.decide import DecisionRule

log = logging.getLogger("glimpse")


@dataclass
class Parts:
    """The parts of a run that a changed configuration reaches.

    cameras: as the engine has them.  mains: main streams by camera; None where none can be added.  new_tracks: the
    tracks of one more camera.  min_likeness: what the settings mean where faces can be told.
    """

    mailbox: Mailbox
    feed: Feed
    engine: Engine
    finder: FaceFinder
    schedules: LiveSchedules
    cameras: dict[str, CameraTracks]
    mains: dict[str, MainStream]
    takes_sub_streams: bool
    new_tracks: Callable[[Settings, CameraSettings], CameraTracks]
    min_likeness: Callable[[Settings], float]
    use_rule: Callable[[DecisionRule], None]
    film: Callable[[str], PacketFilm | None]


@dataclass
class Running:
    """A run of live cameras whose configuration may change.

    settings, watched: in use.  open_sources: finds the sources of a configuration, and raises where one is wrong.
    """

    settings: Settings
    watched: Cameras
    parts: Parts
    open_sources: Callable[[Settings], list[tuple[Source, CameraSettings]]]
    wall: Callable[[], float] = time.time
    _parked: dict[str, tuple[CameraTracks, LiveMediaTime]] = field(default_factory=dict)
    _told: tuple[str, ...] = ()

    def take_up(self, settings: Settings) -> None:
        """Hand the engine what has changed, and name what needs a restart.

        Raises ConfigurationError, ValueError or SourceUnreachableError for what cannot run; then nothing is changed.
        """
        enabled = [camera for camera in settings.cameras if camera.enabled]
        found = self.open_sources(settings) if enabled else []
        wanted, locked = self._reachable(found)
        differences = compare(self.settings, settings, self.watched, wanted)
        self._tell((*differences.locked, *locked))
        if differences.any:
            usable = self.settings = with_free_part(self.settings, settings)
            self.watched = wanted
            self.parts.mailbox.post(Change(lambda: self._apply(differences, usable, cameras=len(wanted))))

    def _reachable(self, found: list[tuple[Source, CameraSettings]]) -> tuple[dict[str, Camera], list[str]]:
        """Live cameras as they can be now, by name, and names of what needs a restart."""
        wanted: dict[str, Camera] = {}
        locked: list[str] = []
        for source, camera in found:
            name = source.name
            if source.live and (not camera.sub_stream or self.parts.takes_sub_streams):
                wanted[name] = (source, camera)
            elif source.live:
                locked.append(f"cameras: {name} (the first with a sub_stream)")
                wanted |= {name: self.watched[name]} if name in self.watched else {}
            elif name not in self.parts.cameras:
                locked.append(f"cameras: {name} (a recording)")
        return wanted, locked

    def _tell(self, locked: tuple[str, ...]) -> None:
        """Name what needs a restart, once."""
        if locked and locked != self._told:
            log.warning("configuration: needs a restart: %s", ", ".join(locked))
        self._told = locked

    def _apply(self, differences: Differences, settings: Settings, *, cameras: int) -> Iterator[Event]:
        """Make the changes; on the engine's thread."""
        for name, reason in differences.removed.items():
            yield from self._remove(name, reason)
        for name in differences.again:
            yield from self._remove(name, "changed")
        for source, camera in [*differences.again.values(), *differences.added.values()]:
            self._add(settings, source, camera)
        if differences.settings:
            self._tune_all(settings)
        for name, (_, camera) in differences.tuned.items():
            self._tune(settings, name, camera)
        self.parts.schedules.share_among(max(1, cameras))
        log.info("configuration: taken up: %s", describe(differences))

    def _remove(self, name: str, reason: str) -> Iterator[Event]:
        reader = self.parts.feed.remove(name)
        tracks = self.parts.cameras.pop(name)
        self.parts.finder.remove(name)
        self.parts.mains.pop(name, None)
        self._parked[name] = (tracks, reader.media_time)
        yield from tracks.close(reason, self.wall())

    def _add(self, settings: Settings, source: Source, camera: CameraSettings) -> None:
        parts, name = self.parts, source.name
        tracks, media_time = self._parked.pop(name, (None, None))
        if tracks:
            tracks.reopen()
        parts.cameras[name] = tracks or parts.new_tracks(settings, camera)
        self._tune_tracks(settings, name, camera)
        parts.finder.add(name, parts.schedules.make(camera))
        if camera.sub_stream:
            parts.mains[name] = MainStream()
        parts.feed.add(
            open_live_camera(
                source, camera, parts.mailbox, parts.mains.get(name), media_time=media_time, film=parts.film(name)
            )
        )

    def _tune_all(self, settings: Settings) -> None:
        """Take up what concerns all cameras, recordings too."""
        faces = settings.faces
        self.parts.use_rule(settings.decision)
        self.parts.engine.choose_crops(interval=faces.interval, max_per_step=faces.max_per_step)
        for name, tracks in self.parts.cameras.items():
            self._tune_tracks(settings, name, tracks.settings)

    def _tune(self, settings: Settings, name: str, camera: CameraSettings) -> None:
        self._tune_tracks(settings, name, camera)
        self.parts.finder.configure(camera)
        self.parts.feed.live_camera(name).configure(camera)

    def _tune_tracks(self, settings: Settings, name: str, camera: CameraSettings) -> None:
        self.parts.cameras[name].configure(
            camera,
            settings.tracking,
            update_seconds=settings.events.update_seconds,
            min_likeness=self.parts.min_likeness(settings),
            min_score=settings.tracking.start_score,
            flat_warning=settings.decision.flat_warning,
        )


def describe(differences: Differences) -> str:
    """What is taken up, for the log."""
    groups: Mapping[str, Mapping[str, object]] = {"added": differences.added, "changed": differences.again}
    parts = [f"{name} {word}" for word, cameras in groups.items() for name in cameras]
    parts += [f"{name} {reason}" for name, reason in differences.removed.items()]
    parts += [f"{name} adjusted" for name in differences.tuned]
    return ", ".join([*parts, *(["thresholds"] if differences.settings else [])])
