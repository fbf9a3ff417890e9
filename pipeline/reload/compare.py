"""What differs between two configurations: what can change while the node runs, and what needs a restart."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from pipeline.capture.sources import Source
from pipeline.settings.types import CameraSettings, Settings

Camera = tuple[Source, CameraSettings]
Cameras = Mapping[str, Camera]
"""Live cameras by name."""

ROOMS = frozenset({"history", "alerts", "mqtt", "webhooks", "mail", "web", "cluster"})
"""Sections that other processes read."""

FREE = {
    "faces": frozenset({"interval", "max_per_step"}),
    "events": frozenset({"update_seconds"}),
    "decision": None,
    "tracking": None,
}
"""By section, the keys that can change while the node runs; None: all."""

FREE_OF_CAMERAS = frozenset({"fps", "stride", "min_face_px", "roi", "zones", "masks", "network"})
"""Keys of a camera that can change without connecting again."""

FOR_RECORDINGS = frozenset({"start", "end"})


@dataclass(frozen=True)
class Differences:
    """What to do. Cameras are given as they are to be.

    removed: name to why, `removed` or `paused`.  again: their connection changes.  locked: names of settings that need
    a restart.
    """

    added: Cameras
    removed: Mapping[str, str]
    again: Cameras
    tuned: Cameras
    settings: bool
    locked: Sequence[str]

    @property
    def any(self) -> bool:
        """Whether there is anything to do now."""
        return bool(self.added or self.removed or self.again or self.tuned or self.settings)


def compare(old: Settings, new: Settings, running: Cameras, wanted: Cameras) -> Differences:
    """How to get from what runs to what is wanted. running, wanted: live cameras that are not paused."""
    both = [name for name in wanted if name in running]
    again = {name for name in both if _connects_anew(running[name], wanted[name])}
    paused = {camera.name or "" for camera in new.cameras if not camera.enabled}
    return Differences(
        added={name: wanted[name] for name in wanted if name not in running},
        removed={name: "paused" if name in paused else "removed" for name in running if name not in wanted},
        again={name: wanted[name] for name in both if name in again},
        tuned={name: wanted[name] for name in both if name not in again and running[name][1] != wanted[name][1]},
        settings=_free_part(old) != _free_part(new),
        locked=tuple(_locked(old, new)),
    )


def with_free_part(old: Settings, new: Settings) -> Settings:
    """The old settings with the cameras of the new ones, and with what else can change while the node runs."""
    sections = {
        section: msgspec.structs.replace(
            getattr(old, section), **{key: getattr(getattr(new, section), key) for key in _free_keys(old, section)}
        )
        for section in FREE
    }
    return msgspec.structs.replace(old, cameras=new.cameras, defaults=new.defaults, **sections)


def _free_keys(settings: Settings, section: str) -> Iterable[str]:
    free = FREE[section]
    return getattr(settings, section).__struct_fields__ if free is None else free


def _connects_anew(old: Camera, new: Camera) -> bool:
    same = FREE_OF_CAMERAS | FOR_RECORDINGS
    before, after = (msgspec.structs.asdict(camera) for _, camera in (old, new))
    return old[0] != new[0] or any(before[key] != after[key] for key in before if key not in same)


def _free_part(settings: Settings) -> list[object]:
    return [getattr(getattr(settings, section), key) for section in FREE for key in _free_keys(settings, section)]


def _locked(old: Settings, new: Settings) -> Iterator[str]:
    """Names of what differs and cannot change while the node runs, such as `events.bind`."""
    before, after = msgspec.structs.asdict(old), msgspec.structs.asdict(new)
    for section in before:
        if section in ROOMS or section in ("cameras", "defaults", "watch_config") or before[section] == after[section]:
            continue
        if not isinstance(before[section], msgspec.Struct):
            yield section
        elif (free := FREE.get(section, frozenset())) is not None:
            values, others = (msgspec.structs.asdict(side[section]) for side in (before, after))
            yield from (f"{section}.{key}" for key in values if key not in free and values[key] != others[key])
