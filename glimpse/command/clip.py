"""`glimpse clip TARGET`: cut a clip out of the film that a node records."""

from pathlib import Path

import msgspec
from cyclopts import App
from rich.console import Console

from glimpse.command.new_command import DONE, exit_code, new_command, write_json
from pipeline.film.clip import cut_clip
from pipeline.history.reader import HistoryReader
from pipeline.parts.sources import open_sources
from pipeline.settings.load import ignored_but, make_settings, read_config
from pipeline.settings.types import Polygon, Settings
from pipeline.site.site_time import parse, stamp, use_zone

app: App = new_command(
    "clip",
    "glimpse clip ada.mp4 --config site.yaml --track 17",
)


@app.default
@exit_code
def clip(
    target: Path,
    *,
    config: Path,
    camera: str = "",
    since: str | None = None,
    until: str | None = None,
    track: int | None = None,
    overwrite: bool = False,
    json: bool = False,
) -> int:
    """Cut a clip out of the film of a camera: of a time, or of a track of the history.

    It begins with the key frame before. It is encoded again only where the camera has masks, which are black in it.

    Parameters
    ----------
    target
        the clip, a file that ends in .mp4
    config
        YAML file of the node: sections film, cameras and, for --track, history
    camera
        name of the camera
    since
        begin of the clip, such as 2026-11-27T10:00 or 10:00 for today; of the site, unless it names an offset
    until
        end of the clip
    track
        number of a track in the history, as glimpse history show prints it
    overwrite
        replace a file of that name
    json
        print where the clip is and what it shows as JSON
    """
    if target.suffix.lower() != ".mp4":
        raise ValueError(f"clip {target}: expected a name that ends in .mp4")
    if target.exists() and not overwrite:
        raise ValueError(f"clip {target}: there is such a file already; give another name, or --overwrite")
    settings = make_settings(read_config(config), ignored=ignored_but("history"))
    use_zone(settings.site.timezone)
    if not settings.film.folder:
        raise ValueError(f"{config}: film.folder is not set, so nothing is recorded")
    if track is not None and not (camera or since or until):
        camera, start, end = _times_of_track(settings, track)
    elif track is None and camera and since and until:
        start, end = parse(since, "--since"), parse(until, "--until", is_end=True)
    else:
        raise ValueError("expected --track, or all of --camera, --since and --until")
    cut = cut_clip(Path(settings.film.folder), camera, start, end, target, masks=_masks(settings, camera))
    if json:
        write_json({"clip": str(cut.path), "camera": camera, "start": cut.start, "end": cut.end})
    else:
        console = Console(soft_wrap=True, highlight=False, markup=False)
        console.print(f"{cut.path}: {camera}, {cut.end - cut.start:.1f} s from {stamp(cut.start)}")
    return DONE


def _times_of_track(settings: Settings, number: int) -> tuple[str, float, float]:
    """Camera, start and end of a track's clip, Unix seconds. Raises ValueError for a track that is not there."""
    if not settings.history.file:
        raise ValueError("--track: history.file is not set, so no track is known; give --camera, --since and --until")
    with HistoryReader(Path(settings.history.file)) as history:
        found = history.track(number)
    if found is None:
        raise ValueError(f"track {number}: not in the history")
    film = settings.film
    return found.camera, found.first_seen - film.before_seconds, found.last_seen + film.after_seconds


def _masks(settings: Settings, camera: str) -> tuple[Polygon, ...]:
    """The camera's masks, also while it is paused. Raises ValueError for a camera that is not configured."""
    every = [msgspec.structs.replace(one, enabled=True) for one in settings.cameras]
    sources = open_sources(msgspec.structs.replace(settings, cameras=tuple(every)))
    masks = {source.name: own.masks for source, own in sources}
    if camera not in masks:
        known = ", ".join(masks)
        raise ValueError(f"camera {camera!r}: expected one of the configuration ({known}), which has its masks")
    return masks[camera]
