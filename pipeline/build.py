"""The composition root: settings in, a job out. Only this module knows every concrete part."""

import logging
import secrets
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import cv2
import msgspec

from configs.read import ConfigurationError
from detectors.base import FaceDetector
from detectors.load import load_detector
from detectors.runtime import Runtime, count_cores
from detectors.windows import search_windows
from pipeline.capture.feed import Feed
from pipeline.capture.hardware import NoHardwareError, check_decoders
from pipeline.capture.live import LiveReader
from pipeline.capture.mailbox import Mailbox
from pipeline.capture.main_stream import MainStream
from pipeline.capture.open import open_reader
from pipeline.capture.sources import Source, make_names_unique, parse_source
from pipeline.engine import Engine, Identification, StopFlag
from pipeline.event_factory import EventFactory
from pipeline.heartbeat import Heartbeat
from pipeline.resume.cache import InferenceCache
from pipeline.resume.replay_run import (
    cache_path,
    cached_detections,
    cached_vectors,
    can_resume,
    delete_cache,
    open_cache,
)
from pipeline.scan.finder import FaceFinder, make_detect_fn, make_live_schedules, make_schedules
from pipeline.scan.schedule import DetectFn
from pipeline.scan.scout import Scout
from pipeline.settings.outputs import Outputs
from pipeline.settings.types import CameraSettings, RecognizerSettings, Settings
from pipeline.sink import Sink
from pipeline.sinks.open import Models, is_live, open_sinks
from pipeline.sinks.report.folder import claim_folder
from pipeline.sinks.report.run_records import RunRecords
from pipeline.sinks.report.strangers import group_alike
from pipeline.tracks.camera import CameraTracks
from pipeline.tracks.close_up import CloseUps
from pipeline.tracks.crops import embed_with
from pipeline.tracks.matcher import EmptyGallery, GalleryMatcher, People
from pipeline.tracks.tracker import Tracker
from pipeline.types import CameraState
from recognizer.base import Recognizer
from recognizer.gallery.store import Gallery
from recognizer.gallery.watched import WatchedGallery
from recognizer.load import family_name, load_recognizer, open_scoring, shipped_calibration

log = logging.getLogger(__name__)

SCAN_SHARE = 0.3
"""Of all cores, that whole searches of live frames may take, at most one core."""


class ModelMissingError(Exception):
    """No model, or no such file; the message says how to give one (exit code 4)."""


class SourceUnreachableError(Exception):
    """A source that must be there is not (exit code 3)."""


@dataclass
class Job:
    """A run that is ready to start. `interrupted` is true after `stop`.

    outputs: as asked for, with the folder that the report really has.  records: what was seen, None of live cameras
    without a report.
    """

    engine: Engine
    stop_flag: StopFlag
    feed: Feed
    cameras: dict[str, CameraTracks]
    resources: ExitStack = field(repr=False)
    cache_path: Path | None = None
    interrupted: bool = False
    outputs: Outputs = field(default_factory=Outputs)
    records: RunRecords | None = None
    live: bool = False

    def stop(self, reason: str) -> None:
        """End the run after the current step; a signal handler may call it."""
        self.interrupted = True
        self.stop_flag.set(reason)

    def run(self, *, duration: float = 0.0) -> list[str]:
        """Run to the end and close everything; returns a line for each source that failed or gave no frame."""
        with self.resources, self.feed:
            self.engine.run(self.feed, duration=duration)
        if self.cache_path and not self.stop_flag.reason:
            delete_cache(self.cache_path)
        return [line for camera in self.cameras.values() if (line := _failure(camera))]

    @property
    def damage(self) -> list[str]:
        """A line for each source that was read and yet lacks something: a truncated file, broken frames, a lost link.

        Ask after the run.
        """
        cameras = [camera for camera in self.cameras.values() if not _failure(camera)]
        no_damage = ("", "stopped", self.stop_flag.reason)
        return [f"{camera.settings.name}: {camera.reason}" for camera in cameras if camera.reason not in no_damage]


def build(settings: Settings, outputs: Outputs, *, listeners: Sequence[Sink] = ()) -> Job:
    """Put a job together.

    listeners: sinks of the caller, told after those that the settings ask for.
    Raises ConfigurationError, ModelMissingError, SourceUnreachableError or ValueError; the message says what to do.
    """
    cv2.setNumThreads(1)
    sources = open_sources(settings)
    live = is_live(sources)
    runtime = Runtime(settings.device, settings.threads)
    detector, recognizer = open_detector(settings, runtime), open_recognizer(settings, runtime)
    with ExitStack() as resources:
        if outputs.report is not None:
            claim = claim_folder(outputs.report, resume=outputs.resume, overwrite=outputs.overwrite)
            outputs = msgspec.structs.replace(outputs, report=resources.enter_context(claim))
        resumed = not live and can_resume(outputs)
        cache = None if live else open_cache(settings, [source for source, _ in sources], outputs)
        if cache:
            resources.enter_context(closing(cache))
        detects = [_detect_fn(settings, runtime, detector, cache)]
        if not cache:  # which is read and written in one thread
            detects += _more_detects(settings, runtime, cameras=sum(source.live for source, _ in sources))
        schedules = make_schedules(settings, [camera for source, camera in sources if not source.live])
        if cameras_live := [camera for source, camera in sources if source.live]:
            scout = resources.enter_context(closing(_open_scout(settings)))
            schedules |= make_live_schedules(settings, cameras_live, threads=len(detects), scout=scout)
        finder = FaceFinder(detects, schedules)
        resources.enter_context(closing(finder))
        identification = None
        if recognizer:
            people = resources.enter_context(closing(open_gallery(settings)))
            identification = identification_of(settings, recognizer, people, cache)
        mains = {source.name: MainStream() for source, camera in sources if camera.sub_stream}
        if identification and mains:
            identification = replace(identification, close_ups=_close_ups(settings, runtime, mains))
        events = EventFactory(settings.node, _new_epoch(resumed=resumed))
        mailbox, stop = Mailbox(), StopFlag()
        cameras = {source.name: camera_tracks(settings, camera, events, identification) for source, camera in sources}
        records = RunRecords() if outputs.report is not None or outputs.json or not live else None
        models = _models_for_report(settings, detector, recognizer)
        opened = open_sinks(
            settings, outputs, sources, epoch=events.epoch, stop=stop.set, records=records, models=models
        )
        sinks = [*opened, *listeners]
        interval = settings.events.heartbeat_seconds if live else 0.0
        heartbeat = Heartbeat(events, mailbox, interval, scans=finder.scans)
        engine = Engine(cameras, finder.find, identification, sinks=sinks, heartbeat=heartbeat, stop=stop)
        readers = [open_reader(finding_source(source, camera), mailbox, camera) for source, camera in sources]
        beside = [LiveReader(source, mains[source.name], camera) for source, camera in sources if camera.sub_stream]
        feed = Feed(mailbox, readers, beside=beside)
        journal = cache_path(outputs) if cache else None
        return Job(
            engine,
            stop,
            feed,
            cameras,
            resources.pop_all(),
            cache_path=journal,
            outputs=outputs,
            records=records,
            live=live,
        )


def open_sources(settings: Settings) -> list[tuple[Source, CameraSettings]]:
    """Every camera's sources with unique names, and the settings of each.

    Raises ConfigurationError, and SourceUnreachableError for a file that does not exist.
    """
    found: list[tuple[Source, CameraSettings]] = []
    for number, camera in enumerate(settings.cameras, 1):
        which = f"camera {number} of {len(settings.cameras)}: " if len(settings.cameras) > 1 else ""
        try:
            own = parse_source(camera.source, name=camera.name)
            _check_sub_stream(camera, own)
        except FileNotFoundError as error:
            raise SourceUnreachableError(f"{which}{error}") from None
        except ValueError as error:
            raise ConfigurationError(f"{which}{error}") from None
        found += [(replace(source, redirect_hosts=camera.allow_redirect_hosts), camera) for source in own]
    try:
        check_decoders(camera.decode for source, camera in found if source.live)
    except NoHardwareError as error:
        raise ConfigurationError(str(error)) from None
    named = make_names_unique(source for source, _ in found)
    return [
        (source, msgspec.structs.replace(camera, name=source.name))
        for source, (_, camera) in zip(named, found, strict=True)
    ]


def finding_source(source: Source, camera: CameraSettings) -> Source:
    """The stream of a camera that faces are found in: its sub-stream where it has one."""
    if not camera.sub_stream:
        return source
    [sub_stream] = parse_source(camera.sub_stream, name=source.name)
    return replace(sub_stream, redirect_hosts=camera.allow_redirect_hosts)


def _check_sub_stream(camera: CameraSettings, sources: Sequence[Source]) -> None:
    """Raise ValueError where a camera with a sub-stream is not one live camera with two streams."""
    if not camera.sub_stream:
        return
    for key, found in (("source", sources), ("sub_stream", parse_source(camera.sub_stream))):
        if len(found) != 1 or not found[0].live:
            raise ValueError(f"{key} of a camera with sub_stream: expected the URL of one live stream")


def open_detector(settings: Settings, runtime: Runtime, *, bare: bool = False) -> FaceDetector:
    """The configured detector; `bare` leaves out resizing and tiling. Raises ModelMissingError."""
    detector = settings.detector
    if not detector.model:
        raise ModelMissingError("no detector: give --detector embedded, FILE.onnx (YuNet or SCRFD format) or pack:NAME")
    long_side, tile = (0, 0) if bare else (detector.long_side, detector.tile)
    try:
        return load_detector(
            detector.model, runtime=runtime, score=detector.score, long_side=long_side, tile=tile, every_size=True
        )
    except FileNotFoundError as error:
        raise ModelMissingError(f"detector.model: {error}") from None


def open_recognizer(settings: Settings, runtime: Runtime) -> Recognizer | None:
    """The configured recogniser; None where none is configured. Raises ModelMissingError for a missing file."""
    recognizer = settings.recognizer
    if not recognizer.model:
        return None
    try:
        return load_recognizer(recognizer.model, spec=recognizer.chip_spec, runtime=runtime)
    except FileNotFoundError as error:
        raise ModelMissingError(str(error)) from None


def open_gallery(settings: Settings) -> People:
    """The people to look for; nobody without a gallery. Raises ConfigurationError for a missing file."""
    if not settings.gallery:
        return EmptyGallery()
    path = Path(settings.gallery)
    if not path.is_file():
        raise ConfigurationError(f"gallery {path}: no such file; make one with glimpse enroll")
    return WatchedGallery(path)


def identification_of(
    settings: Settings, recognizer: Recognizer, people: People, cache: InferenceCache | None
) -> Identification:
    """What a run needs to name people. Raises ValueError for a gallery or calibration of another model."""
    model = settings.recognizer
    scoring = open_scoring(recognizer, model=model.model, file=model.calibration)
    calibration, cohort = scoring.calibration, scoring.cohort
    matcher = GalleryMatcher(
        people,
        recognizer.model_id,
        rule=settings.decision,
        calibration=calibration,
        cohort=cohort,
        dim=recognizer.dim,
    )
    embed = embed_with(recognizer)
    faces = settings.faces
    return Identification(
        recognizer,
        matcher,
        cached_vectors(embed, cache) if cache else embed,
        interval=faces.interval,
        max_per_step=faces.max_per_step,
    )


def model_names(settings: Settings, detector: FaceDetector, recognizer: Recognizer | None) -> dict[str, str]:
    """Detector, recogniser, calibration and gallery by name, as a run uses them."""
    names = {"Detector": detector.name}
    if recognizer:
        model = settings.recognizer.model
        family = family_name(model)
        shown = f"{family}, which ships" if family else Path(model).name
        names["Recogniser"] = f"{shown} ({recognizer.model_id}, {recognizer.dim} numbers a face)"
        names["Calibration"] = describe_calibration(settings.recognizer)
    else:
        names["Recogniser"] = "none: faces are followed, nobody is named"
    names["Gallery"] = Path(settings.gallery).name or "none: nobody is compared"
    return names


def describe_calibration(recognizer: RecognizerSettings) -> str:
    """The file whose error rates apply, as `recognizer.load.open_calibration` chooses it."""
    if recognizer.calibration:
        return recognizer.calibration
    shipped = shipped_calibration(recognizer.model)
    return f"{Path(shipped).name}, which ships" if shipped else "none: cautious built-in thresholds"


def _models_for_report(settings: Settings, detector: FaceDetector, recognizer: Recognizer | None) -> Models:
    names = model_names(settings, detector, recognizer)
    if recognizer is None:
        return Models(names)
    scoring = open_scoring(recognizer, model=settings.recognizer.model, file=settings.recognizer.calibration)
    group = partial(group_alike, calibration=scoring.calibration, cohort=scoring.cohort)
    return Models(names, portrait=partial(_portrait, Path(settings.gallery)), group=group)


def _portrait(gallery: Path, person: str) -> bytes | None:
    """A person's enrolled picture. It is read each time, so that one who is erased is gone."""
    try:
        with Gallery(gallery, read_only=True) as people:
            return people.portrait(person)
    except (OSError, ValueError, sqlite3.Error) as error:
        log.warning("the report shows no enrolled picture of %s: %s", person, error)
        return None


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


def _close_ups(settings: Settings, runtime: Runtime, mains: Mapping[str, MainStream]) -> CloseUps:
    """What finds faces again in the main streams, with a detector of its own."""
    detector = open_detector(settings, runtime, bare=True)
    return CloseUps(mains, lambda image, windows: search_windows(detector, image, windows))


def _more_detects(settings: Settings, runtime: Runtime, *, cameras: int) -> list[DetectFn]:
    """What further threads search with, so that there are as many as the settings ask for.

    cameras: live ones; recordings run one after the other.
    """
    workers = min(settings.detector.workers or count_cores(), cameras)
    return [_detect_fn(settings, runtime, open_detector(settings, runtime), None) for _ in range(workers - 1)]


def camera_tracks(
    settings: Settings, camera: CameraSettings, events: EventFactory, identification: Identification | None
) -> CameraTracks:
    """The tracks of one camera; what is no face can be told where crops are read and lengths of faces are known."""
    can_tell = identification is not None and identification.matcher.knows_lengths
    return CameraTracks(
        camera,
        Tracker(camera.name, settings.tracking),
        events,
        update_seconds=settings.events.update_seconds,
        min_likeness=settings.tracking.min_likeness if can_tell else 0.0,
        min_score=settings.tracking.start_score,
    )


def _failure(camera: CameraTracks) -> str:
    """Why a source gave no frame or failed; empty where all went well."""
    if camera.last_frame is None or camera.state is CameraState.FAILED:
        return f"{camera.settings.name}: {camera.reason or 'gave no frame'}"
    return ""


def _new_epoch(*, resumed: bool) -> str:
    """Names this run: sorts by its start, and differs between two processes that start in the same second.

    A resumed run makes the events of the interrupted one again; the end of its name says so in every event.
    """
    name = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()) + "-" + secrets.token_hex(3)
    return f"{name}-resumed" if resumed else name
