"""The check of a site: tracks in, findings out, and what it remembers for the next one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from glimpse.selfcheck.expected import Expected
from glimpse.selfcheck.figures import Reader
from glimpse.selfcheck.judge import Checked, find_faults
from glimpse.selfcheck.seen_track import SeenTrack
from glimpse.selfcheck.summary import Summary, summarise
from glimpse.selfcheck.tail import TailCount, count_tails
from pipeline.settings.rooms.selfcheck import SelfCheckSettings
from pipeline.site.selfcheck_file import Fault, SelfCheckState, Usual
from recognizer.calibration import Calibration
from recognizer.gallery.index import GalleryIndex


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """What one check found. summaries: cameras with faces enough.  too_few: the others, with how many they had.

    state: to be kept for the next check.
    """

    summaries: Sequence[Summary]
    too_few: dict[str, int]
    tails: Sequence[TailCount]
    faults: Sequence[Fault]
    state: SelfCheckState = field(repr=False)


@dataclass(frozen=True, slots=True)
class Site:
    """What a check needs of a site. index: the enrolled people.  expected: None: nothing is known of the recogniser."""

    reader: Reader
    calibration: Calibration
    index: GalleryIndex
    expected: Expected | None
    settings: SelfCheckSettings = field(default_factory=SelfCheckSettings)


def check_site(site: Site, tracks: Sequence[SeenTrack], state: SelfCheckState, *, now: float) -> SelfCheck:
    """Check the tracks of all cameras. state: of the check before; one of another model is forgotten.

    now: Unix seconds.
    """
    model_id = site.calibration.model_id
    known = state if state.model_id == model_id else SelfCheckState()
    of_cameras: dict[str, list[SeenTrack]] = defaultdict(list)
    for track in tracks:
        of_cameras[track.camera].append(track)
    measured = {camera: site.reader.measure(of_cameras[camera]) for camera in sorted(of_cameras)}
    enough = [camera for camera, figures in measured.items() if len(figures.px) >= site.settings.min_tracks]
    summaries = [summarise(camera, of_cameras[camera], measured[camera], site.expected) for camera in enough]
    too_few = {camera: len(figures.px) for camera, figures in measured.items() if camera not in enough}
    tails = count_tails([track for camera in enough for track in of_cameras[camera]], site.index, site.calibration)
    checked = Checked(summaries, tails, site.expected, known.usual)
    faults = find_faults(checked, false_alarm=site.settings.false_alarm)
    state = SelfCheckState(
        checked_at=now,
        model_id=model_id,
        cameras=tuple(enough),
        faults=tuple(faults),
        usual=_learn(known.usual, summaries, faults, site.settings.baseline_nights),
    )
    return SelfCheck(summaries, too_few, tails, faults, state)


def _learn(
    usual: dict[str, dict[str, Usual]], summaries: Sequence[Summary], faults: Sequence[Fault], nights: int
) -> dict[str, dict[str, Usual]]:
    """Add a night to the cameras that have no finding, until each has enough of them."""
    learnt = dict(usual)
    bad = {fault.camera for fault in faults}
    for summary in summaries:
        if summary.camera not in bad and "" not in bad:
            learnt[summary.camera] = _add_night(usual.get(summary.camera, {}), summary, nights)
    return learnt


def _add_night(usual: dict[str, Usual], summary: Summary, nights: int) -> dict[str, Usual]:
    added = dict(usual)
    for name, mean in summary.means.items():
        known = usual.get(name, Usual(means=(), tracks=0))
        if len(known.means) < nights:
            means = (*known.means, round(mean.value, 6))
            added[name] = msgspec.structs.replace(known, means=means, tracks=known.tracks + mean.tracks)
    return added
