"""What finds faces: threads that search frames, the schedule of each camera, and what looks at main streams."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing

from detectors.base import FaceDetector
from detectors.runtime import Runtime, count_cores
from detectors.windows import search_windows
from pipeline.capture.main_stream import MainStream
from pipeline.capture.sources import Source
from pipeline.parts.models import open_detector
from pipeline.resume.cache import InferenceCache
from pipeline.resume.replay_run import cached_detections
from pipeline.scan.finder import FaceFinder, LiveSchedules, make_detect_fn, make_schedules
from pipeline.scan.schedule import DetectFn
from pipeline.scan.scout import Scout
from pipeline.settings.types import CameraSettings, Settings
from pipeline.tracks.close_up import CloseUps

SCAN_SHARE = 0.3
"""Of all cores, that whole searches of live frames may take, at most one core."""


def open_finder(
    settings: Settings,
    sources: Sequence[tuple[Source, CameraSettings]],
    detector: FaceDetector,
    *,
    runtime: Runtime,
    cache: InferenceCache | None,
    resources: ExitStack,
    waits: bool = False,
) -> tuple[FaceFinder, LiveSchedules | None]:
    """What finds faces in the frames of all sources, `resources` closes it; and what makes schedules of live cameras.

    cache: holds what an interrupted run found; it is read and written in one thread, so there is only one.
    waits: live cameras are added later, so there are as many threads as the settings and the cores allow.
    """
    detects = [_detect_fn(settings, runtime, detector, cache)]
    if not cache:
        watched = sum(source.live for source, _ in sources)
        detects += _more_detects(settings, runtime, cameras=count_cores() if waits else watched)
    schedules = make_schedules(settings, [camera for source, camera in sources if not source.live])
    live = [camera for source, camera in sources if source.live]
    maker = None
    if live or waits:
        scout = resources.enter_context(closing(_open_scout(settings)))
        maker = LiveSchedules(settings, threads=len(detects), scout=scout)
        maker.share_among(max(1, len(live)))
        schedules |= {camera.name: maker.make(camera) for camera in live}
    return resources.enter_context(closing(FaceFinder(detects, schedules))), maker


def open_close_ups(settings: Settings, runtime: Runtime, mains: Mapping[str, MainStream]) -> CloseUps:
    """What finds faces again in the main streams, with a detector of its own."""
    detector = open_detector(settings, runtime, bare=True)
    return CloseUps(mains, lambda image, windows: search_windows(detector, image, windows))


def _detect_fn(settings: Settings, runtime: Runtime, detector: FaceDetector, cache: InferenceCache | None) -> DetectFn:
    """Searches all of a frame, or windows of it; takes answers from the cache where it has them."""
    is_bare = not (settings.detector.long_side or settings.detector.tile)
    windowed = detector if is_bare else open_detector(settings, runtime, bare=True)
    detect = make_detect_fn(detector, windowed)
    return cached_detections(detect, cache) if cache else detect


def _open_scout(settings: Settings) -> Scout:
    """What searches whole frames of live cameras, with a detector of its own, in one thread: others are not counted."""
    detector = open_detector(settings, Runtime(settings.device, threads=1))
    return Scout(lambda frame: detector.detect(frame.image), share=min(1.0, SCAN_SHARE * count_cores()))


def _more_detects(settings: Settings, runtime: Runtime, *, cameras: int) -> list[DetectFn]:
    """What further threads search with, so that there are as many as the settings ask for.

    cameras: live ones; recordings run one after the other.
    """
    workers = min(settings.detector.workers or count_cores(), cameras)
    return [_detect_fn(settings, runtime, open_detector(settings, runtime), None) for _ in range(workers - 1)]
