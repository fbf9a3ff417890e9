"""What the report shows of models and people: their names, enrolled pictures, and which strangers look alike."""

import logging
import sqlite3
from functools import partial

from detectors.base import FaceDetector
from pipeline.parts.models import model_names
from pipeline.settings.types import Settings
from pipeline.sinks.open import Models
from pipeline.sinks.report.strangers import group_alike
from recognizer.base import Recognizer
from recognizer.gallery.store import Gallery
from recognizer.load import open_scoring

log = logging.getLogger(__name__)


def models_for_report(settings: Settings, detector: FaceDetector, recognizer: Recognizer | None) -> Models:
    """Read when the run starts; enrolled pictures are read each time."""
    names = model_names(settings, detector, recognizer)
    if recognizer is None:
        return Models(names)
    scoring = open_scoring(recognizer, model=settings.recognizer.model, file=settings.recognizer.calibration)
    group = partial(group_alike, calibration=scoring.calibration, cohort=scoring.cohort)
    return Models(names, portrait=partial(_portrait, settings.gallery), group=group)


def _portrait(gallery: str, person: str) -> bytes | None:
    """A person's enrolled picture. It is read each time, so that one who is erased is gone."""
    try:
        with Gallery(gallery, read_only=True) as people:
            return people.portrait(person)
    except (OSError, ValueError, sqlite3.Error) as error:
        log.warning("the report shows no enrolled picture of %s: %s", person, error)
        return None
