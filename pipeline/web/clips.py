"""Where the film shows a track, and the clip that is cut out of it."""

from collections.abc import Sequence
from pathlib import Path

from starlette.requests import Request

from pipeline.film.clip import cut_clip
from pipeline.film.segments import find_moment
from pipeline.history.reader import TrackRow
from pipeline.settings.rooms.film import FilmSettings
from pipeline.settings.types import Polygon
from pipeline.web.redaction import sees_faces
from pipeline.web.room import Room, UnavailableError, room_of

MOST_SECONDS = 120.0
"""Of a clip; a longer track is shown from its beginning."""


def moment_of(request: Request, track: TrackRow) -> tuple[str, float] | None:
    """The file of the film that shows a track, its name alone, and the second in it; None where none does."""
    film = room_of(request).film
    found = find_moment(Path(film.folder), track.camera, track.first_seen) if film.folder else None
    return (found[0].name, found[1]) if found else None


def has_clip(request: Request, track: TrackRow) -> bool:
    """Whether this user may watch a clip of a track, and there is one."""
    return sees_faces(request) and moment_of(request, track) is not None


def clip_times(film: FilmSettings, track: TrackRow) -> tuple[float, float]:
    """Unix seconds from which to which a clip of a track goes."""
    start = track.first_seen - film.before_seconds
    return start, min(track.last_seen + film.after_seconds, start + MOST_SECONDS)


def clip_of(room: Room, track: TrackRow) -> Path:
    """The clip of a track, under the masks that its camera has now.

    Raises BusyError, UnavailableError, and ValueError and OSError like `cut_clip`.
    """
    masks, (start, end) = tuple(masks_of(room, track.camera)), clip_times(room.film, track)
    folder = Path(room.film.folder)
    return room.clips.get(
        (track.camera, start, end, masks),
        lambda target: cut_clip(folder, track.camera, start, end, target, masks=masks),
    )


def masks_of(room: Room, camera: str) -> Sequence[Polygon]:
    """The masks of a camera as the file has them now. Raises UnavailableError where that is not known."""
    if room.config is None:
        raise UnavailableError("The masks of this camera are not known without --config, so no clip is shown.")
    try:
        version = room.config.read()
    except ValueError as error:
        raise UnavailableError(f"The masks of this camera are not known: {error}.") from None
    number = version.camera(camera)
    if number is None:
        raise UnavailableError(f"The masks of this camera are not known: {camera} is not in {room.config.name}.")
    return version.settings.cameras[number].masks
