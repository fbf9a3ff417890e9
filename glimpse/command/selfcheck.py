"""`glimpse selfcheck`: do strangers and the same people still separate on this site?"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from cyclopts import App
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from glimpse.command.counts import more_than_nothing
from glimpse.command.new_command import DONE, FAILED, exit_code, new_command, write_json
from glimpse.people import Gallery
from glimpse.selfcheck.check import SelfCheck, Site, check_site
from glimpse.selfcheck.expected import open_expected
from glimpse.selfcheck.figures import Reader
from glimpse.selfcheck.from_events import read_outbox, watch_cameras
from glimpse.selfcheck.from_history import read_history
from glimpse.selfcheck.mean_face import load_mean_face
from glimpse.selfcheck.seen_track import SeenTrack
from glimpse.site_models import SiteModels
from pipeline.settings.load import ROOMS, ignored_but, make_settings, read_config
from pipeline.settings.types import Settings
from pipeline.site.selfcheck_file import SelfCheckState, load_state, save_state
from recognizer.gallery.database import may_exist
from recognizer.gallery.index import GalleryIndex

app: App = new_command(
    "selfcheck",
    "glimpse selfcheck --config site.yaml",
    "glimpse selfcheck --config site.yaml --hours 168 --json",
    "glimpse selfcheck --config site.yaml --minutes 20",
    "glimpse selfcheck --config site.yaml --forget door",
)


@app.default
@exit_code
def selfcheck(
    *,
    config: Path,
    hours: float | None = None,
    minutes: float | None = None,
    outbox: bool = False,
    forget: str = "",
    json: bool = False,
) -> int:
    """Check by the faces of the last night whether this site's recogniser, cameras and calibration still work. It needs
    no labels, only samples (events.samples: all). Exit code 1: something is wrong; 0 also where too few faces were
    seen to judge anything, which is said.

    Parameters
    ----------
    config
        YAML file of the site: history.file or events.outbox, selfcheck, recognizer, gallery
    hours
        the newest hours that are checked (selfcheck.hours)
    minutes
        watch the cameras for so long instead of reading what is kept
    outbox
        read the outbox, although there is a history
    forget
        forget what is usual for this camera first, because it was moved or replaced
    json
        print one JSON object
    """
    more_than_nothing("--hours", hours)
    more_than_nothing("--minutes", minutes)
    settings = _read(config, cameras=minutes is not None)
    models, now = SiteModels(settings), time.time()
    state = _forget(_load(settings), forget)
    since = now - 3600 * (settings.selfcheck.hours if hours is None else hours)
    tracks = _tracks(settings, models.recognizer.model_id, since, minutes=minutes, outbox=outbox)
    done = check_site(_site(settings, models), tracks, state, now=now)
    if settings.selfcheck.file:
        save_state(Path(settings.selfcheck.file), done.state)
    if json:
        write_json(_to_json(done, settings))
    else:
        console = Console(soft_wrap=True, highlight=False, markup=False)
        for part in _describe(done, settings, watched=minutes is not None):
            console.print(part)
    return FAILED if done.faults else DONE


def _read(config: Path, *, cameras: bool) -> Settings:
    """The settings; the cameras' passwords need to be set only where they are watched."""
    ignored = ROOMS if cameras else ignored_but("history")
    return make_settings(read_config(config), ignored=ignored)


def _load(settings: Settings) -> SelfCheckState:
    return load_state(Path(settings.selfcheck.file)) if settings.selfcheck.file else SelfCheckState()


def _forget(state: SelfCheckState, camera: str) -> SelfCheckState:
    """Raises ValueError for a camera of which nothing is known."""
    if not camera:
        return state
    if camera not in state.usual:
        raise ValueError(f"--forget: expected one of {', '.join(sorted(state.usual)) or 'none'}, got {camera!r}")
    usual = {name: figures for name, figures in state.usual.items() if name != camera}
    return msgspec.structs.replace(state, usual=usual)


def _tracks(settings: Settings, model_id: str, since: float, *, minutes: float | None, outbox: bool) -> list[SeenTrack]:
    """Raises ValueError where nothing is kept."""
    most = settings.selfcheck.max_tracks
    if minutes is not None:
        return watch_cameras(settings, model_id, seconds=60 * minutes, most=most)
    if settings.history.file and not outbox:
        return list(read_history(settings.history.file, model_id, since=since, most=most))
    if settings.events.outbox:
        return read_outbox(Path(settings.events.outbox), model_id, since=since, most=most)
    raise ValueError("selfcheck: expected history.file or events.outbox in the configuration, or --minutes")


def _site(settings: Settings, models: SiteModels) -> Site:
    recognizer, calibration = models.recognizer, models.decider.calibration
    reader = Reader(recognizer.inner, calibration.lengths, load_mean_face())
    model = settings.recognizer.model or "embedded"
    expected = open_expected(model, recognizer.inner.weights)
    return Site(reader, calibration, _index(settings, models), expected, settings.selfcheck)


def _index(settings: Settings, models: SiteModels) -> GalleryIndex:
    """The enrolled people; nobody where there is no gallery yet."""
    if not settings.gallery or not may_exist(settings.gallery):
        return GalleryIndex.empty(models.recognizer.model_id)
    return Gallery(settings.gallery, models=models, create=False).index()


def _describe(done: SelfCheck, settings: Settings, *, watched: bool) -> Iterator[RenderableType]:
    """Findings first, then what was seen of each camera."""
    for fault in done.faults:
        where = fault.camera or "site"
        yield Text(f"{where}: {fault.kind}: {fault.text}; chance without a fault {fault.chance:.1g}", "red")
        yield f"  {fault.advice}."
    if done.summaries:
        table = Table("camera", "faces", "height", "d'", "AUC", "same", "strangers", box=None, pad_edge=False)
        for one in done.summaries:
            separation = one.separation
            figures = (separation.distance, separation.area)
            pairs = (len(separation.genuine), len(separation.strangers))
            cells = (str(one.tracks), f"{one.px:.0f} px", f"{figures[0]:.1f}", f"{figures[1]:.3f}", *map(str, pairs))
            table.add_row(Text(one.camera), *cells)
        yield table
    for tail in done.tails:
        yield f"strangers above 1 in {1 / tail.rate:.0f}: {tail.seen}, expected {tail.expected:.0f}"
    for camera, count in done.too_few.items():
        faces, needed = f"{count} face{'s' * (count != 1)}", settings.selfcheck.min_tracks
        yield Text(f"{camera}: {faces}, too few to say anything; {needed} are needed (selfcheck.min_tracks)", "yellow")
    if not done.summaries:
        yield Text(_unjudged(done, settings, watched=watched), "yellow")
    elif not done.faults:
        yield f"{len(done.summaries)} camera{'s' * (len(done.summaries) != 1)} checked, nothing found."


def _unjudged(done: SelfCheck, settings: Settings, *, watched: bool) -> str:
    """Why nothing could be judged, and what helps; settings are named only where they are not as they need to be.

    watched: the cameras were watched just now, for which no setting is needed.
    """
    most, needed = max(done.too_few.values(), default=0), settings.selfcheck.min_tracks
    text = f"Nothing could be judged: no camera has the {needed} faces that are needed, at most {most} were seen."
    text += " That is no sign that all is well. Look at more --hours or --minutes"
    unset = ["events.samples: all"] * (settings.events.samples != "all" and not watched)
    unset += ["history.unknowns: true"] * bool(settings.history.file and not settings.history.unknowns and not watched)
    return f"{text}, and set {' and '.join(unset)}." if unset else f"{text}."


def _to_json(done: SelfCheck, settings: Settings) -> dict[str, Any]:
    """docs/commands.md describes it."""
    return {
        "checked_at": done.state.checked_at,
        "model_id": done.state.model_id,
        "findings": [msgspec.structs.asdict(fault) for fault in done.faults],
        "cameras": {
            one.camera: {
                "faces": one.tracks,
                "face_px": round(one.px, 1),
                "distance": _finite(one.separation.distance),
                "area": _finite(one.separation.area),
                "strangers_together": one.separation.together,
                "figures": {
                    name: {"value": mean.value, "error": mean.error, "faces": mean.tracks}
                    for name, mean in one.means.items()
                },
                "nights": _nights(done, one.camera),
            }
            for one in done.summaries
        },
        "too_few": done.too_few,
        "needed": settings.selfcheck.min_tracks,
        "tails": [
            {"rate": tail.rate, "seen": tail.seen, "expected": tail.expected, "log_ratio": tail.ratio}
            for tail in done.tails
        ],
    }


def _nights(done: SelfCheck, camera: str) -> int:
    """How many clean checks the camera is compared with from now on."""
    return max((len(usual.means) for usual in done.state.usual.get(camera, {}).values()), default=0)


def _finite(value: float) -> float | None:
    return value if value == value else None
