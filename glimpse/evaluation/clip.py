"""Which clip a row of the table of truth means, and when the clip began."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av

from glimpse.errors import SettingsError
from glimpse.evaluation.truth import Presence
from pipeline.film.clip import read_origin
from pipeline.film.segments import read_segment

TOLERANCE_SECONDS = 1.0
"""By which times of a table may be off."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording. camera: that filmed it, empty where nothing says so.  start: Unix seconds, None where unknown."""

    path: Path
    camera: str = ""
    start: float | None = None

    @property
    def label(self) -> str:
        """What tables call it."""
        return self.camera or self.path.name

    def is_called(self, place: str) -> bool:
        """Whether a table means it by this name."""
        return place in (self.camera, self.path.name, self.path.stem, str(self.path))


def open_clip(path: Path) -> Clip:
    """What name and metadata of a recording say of it: of a node's film, of `glimpse clip`, or of another camera."""
    if segment := read_segment(path):
        return Clip(path, path.resolve().parent.name, segment.start)
    metadata = _metadata(path)
    if origin := read_origin(metadata.get("comment", "")):
        return Clip(path, *origin)
    return Clip(path, "", _creation(metadata.get("creation_time", "")))


def rows_of(clip: Clip, clips: Sequence[Clip], presences: Sequence[Presence], length: float | None) -> list[Presence]:
    """The rows that are of a clip, in its own seconds. length: of the clip, seconds; None: not known.

    A row with dates counts where the clip shows a part of it. Raises SettingsError for a row that may be of any clip,
    or of none, and for dates where nothing says when the clip began.
    """
    return [row for presence in presences for row in _row_of(clip, clips, presence, length)]


def check_places(clips: Sequence[Clip], presences: Sequence[Presence]) -> None:
    """Raise SettingsError for rows that name no clip where there are several, or one that is not there."""
    for presence in presences:
        if len(clips) > 1 and not presence.place and not presence.is_dated:
            raise SettingsError(f"{presence.where}: expected the clip in a column, as there are {len(clips)}")
        if presence.place and not presence.is_dated and not _meant(clips, presence, presences):
            names = ", ".join(clip.path.name for clip in clips)
            raise SettingsError(f"{presence.where}: expected one of {names}, got {presence.place!r}")


def check_times(clips: Sequence[Clip], presences: Sequence[Presence]) -> None:
    """Raise SettingsError for a row in seconds that begins or ends behind the end of every clip that it may be of.

    A clip that does not say how long it is takes any row.
    """
    lengths = {clip.path: clip_seconds(clip.path) for clip in clips}
    for presence in presences:
        if presence.is_dated:
            continue
        meant = [clip for clip in clips if len(clips) == 1 or clip.is_called(presence.place)]
        known = [(length, clip.path.name) for clip in meant if (length := lengths[clip.path]) is not None]
        if not known or len(known) < len(meant) or presence.last <= max(known)[0] + TOLERANCE_SECONDS:
            continue
        length, name = max(known)
        raise SettingsError(
            f"{presence.where}: expected times within {name}, which is {length:.1f} s long, got {presence.given}"
        )


def _meant(clips: Sequence[Clip], presence: Presence, presences: Sequence[Presence]) -> bool:
    only_one = len(clips) == 1 and len({each.place for each in presences}) == 1
    return only_one or any(clip.is_called(presence.place) for clip in clips)


def _row_of(clip: Clip, clips: Sequence[Clip], presence: Presence, length: float | None) -> list[Presence]:
    if not presence.is_dated:
        return [presence] if len(clips) == 1 or clip.is_called(presence.place) else []
    if presence.place and clip.camera and not clip.is_called(presence.place):
        return []
    if clip.start is None:
        raise SettingsError(
            f"{presence.where}: expected seconds, as nothing says when {clip.path.name} began; films and"
            " clips of glimpse clip do"
        )
    first, last = presence.first - clip.start, presence.last - clip.start
    if last <= 0 or (length is not None and first >= length):
        return []
    return [replace(presence, first=max(0.0, first), last=last, is_dated=False)]


def clip_seconds(path: Path) -> float | None:
    """How long a recording is; None where it does not say so."""
    try:
        with av.open(str(path)) as container:
            return container.duration / av.time_base if container.duration else None
    except (av.FFmpegError, OSError):
        return None


def _metadata(path: Path) -> dict[str, str]:
    try:
        with av.open(str(path)) as container:
            found: Any = container.metadata
            return {str(key).casefold(): str(value) for key, value in found.items()}
    except (av.FFmpegError, OSError):
        return {}


def _creation(text: str) -> float | None:
    if not re.match(r"\d{4}-\d{2}-\d{2}T", text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
