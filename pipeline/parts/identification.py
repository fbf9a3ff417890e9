"""What follows and names people: the gallery, the matcher, and the tracks of each camera."""

from contextlib import suppress
from pathlib import Path

from configs.postgres.address import is_postgres
from configs.read import ConfigurationError
from pipeline.engine import Identification
from pipeline.event_factory import EventFactory
from pipeline.receipts.of_nodes import signer_of
from pipeline.resume.cache import InferenceCache
from pipeline.resume.replay_run import cached_vectors
from pipeline.settings.types import CameraSettings, Settings
from pipeline.tracks.camera import CameraTracks
from pipeline.tracks.crops import embed_with
from pipeline.tracks.matcher import EmptyGallery, GalleryMatcher, People
from pipeline.tracks.samples import SampleRule
from pipeline.tracks.tracker import Tracker
from recognizer.base import Recognizer
from recognizer.gallery.copies.followed import FollowedGallery
from recognizer.gallery.copies.read_once import ReadOnce
from recognizer.gallery.database import open_database
from recognizer.gallery.watched import WatchedGallery
from recognizer.load import open_scoring


def open_gallery(settings: Settings, *, live: bool = True) -> People:
    """The people to look for; nobody without a gallery. Raises ConfigurationError for a missing one.

    live: follow one in PostgreSQL; otherwise it is read once, as recordings have one gallery from begin to end.
    """
    if not settings.gallery:
        return EmptyGallery()
    if is_postgres(settings.gallery):
        return _in_postgres(settings, live=live)
    path = Path(settings.gallery)
    if not path.is_file():
        raise ConfigurationError(f"gallery {path}: no such file; make one with glimpse enroll")
    return WatchedGallery(path)


def _in_postgres(settings: Settings, *, live: bool) -> People:
    """Raises ConfigurationError where there is none. A live node waits for a server that does not answer."""
    if not live:
        return ReadOnce(settings.gallery)
    with suppress(OSError):  # said by the thread that follows, which tries again
        try:
            open_database(settings.gallery, read_only=True).close()
        except FileNotFoundError as error:
            raise ConfigurationError(str(error)) from None
    signer = signer_of(settings.node, settings.gallery_key)
    return FollowedGallery(settings.gallery, node=settings.node, max_age=settings.gallery_max_age, signer=signer)


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


def camera_tracks(
    settings: Settings, camera: CameraSettings, events: EventFactory, identification: Identification | None
) -> CameraTracks:
    """The tracks of one camera; what is no face can be told where crops are read and lengths of faces are known."""
    return CameraTracks(
        camera,
        Tracker(camera.name, settings.tracking),
        events,
        update_seconds=settings.events.update_seconds,
        min_likeness=least_likeness(settings, identification),
        min_score=settings.tracking.start_score,
        samples=_sample_rule(settings, identification),
        flat_warning=settings.decision.flat_warning,
    )


def least_likeness(settings: Settings, identification: Identification | None) -> float:
    """`tracking.min_likeness` where faces can be told by the length of their features, otherwise 0."""
    can_tell = identification is not None and identification.matcher.knows_lengths
    return settings.tracking.min_likeness if can_tell else 0.0


def _sample_rule(settings: Settings, identification: Identification | None) -> SampleRule | None:
    which = settings.events.samples
    return None if which == "none" or identification is None else SampleRule(which, identification.recognizer.model_id)
