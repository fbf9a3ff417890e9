"""Glimpse as a library: find faces in pictures, enrol people, say who somebody is, watch cameras (docs/library.md).

    import glimpse

    people = glimpse.Gallery("people.db")
    people.enroll("Ada", "ada.jpg")
    for face in glimpse.find("group.jpg"):
        print(face.box, people.identify(face))
    for event in glimpse.watch("rtsp://…", gallery=people):
        print(event)

Importing it takes milliseconds: numpy, OpenCV and ONNX Runtime are imported by the first call that needs them.
"""

import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

from glimpse.deprecations import OLD_NAMES
from glimpse.errors import (
    GalleryBusyError,
    GalleryError,
    GalleryMissingError,
    GlimpseError,
    ModelError,
    ModelMissingError,
    PersonMissingError,
    PictureError,
    PictureMissingError,
    SettingsError,
    SourceError,
    SourceMissingError,
)
from pipeline.version import VERSION as __version__

if TYPE_CHECKING:
    from glimpse.comparison import Comparison, compare
    from glimpse.evaluation.evaluate import Evaluation, evaluate
    from glimpse.evaluation.recording import RecordingEvaluation, evaluate_recording
    from glimpse.faces import Face, find
    from glimpse.identity import Candidate, Identity
    from glimpse.models import Decider, Detector, Models, Recognizer
    from glimpse.people import EnrolledPicture, Gallery, Outcome, Person, Verdict
    from glimpse.photos import Photo, judge_photos, sort_photos
    from glimpse.pictures import Picture, read_picture
    from glimpse.supervised import to_supervision
    from glimpse.watching import (
        CameraEvent,
        Event,
        FrameResult,
        HealthEvent,
        IdentityEvent,
        SampleEvent,
        TrackEvent,
        Watch,
        watch,
    )

__all__ = [
    "CameraEvent",
    "Candidate",
    "Comparison",
    "Decider",
    "Detector",
    "EnrolledPicture",
    "Evaluation",
    "Event",
    "Face",
    "FrameResult",
    "Gallery",
    "GalleryBusyError",
    "GalleryError",
    "GalleryMissingError",
    "GlimpseError",
    "HealthEvent",
    "Identity",
    "IdentityEvent",
    "ModelError",
    "ModelMissingError",
    "Models",
    "Outcome",
    "Person",
    "PersonMissingError",
    "Photo",
    "Picture",
    "PictureError",
    "PictureMissingError",
    "Recognizer",
    "RecordingEvaluation",
    "SampleEvent",
    "SettingsError",
    "SourceError",
    "SourceMissingError",
    "TrackEvent",
    "Verdict",
    "Watch",
    "__version__",
    "compare",
    "evaluate",
    "evaluate_recording",
    "find",
    "judge_photos",
    "read_picture",
    "sort_photos",
    "to_supervision",
    "watch",
]

_HOMES = {
    "comparison": ("Comparison", "compare"),
    "evaluation.evaluate": ("Evaluation", "evaluate"),
    "evaluation.recording": ("RecordingEvaluation", "evaluate_recording"),
    "faces": ("Face", "find"),
    "identity": ("Candidate", "Identity"),
    "models": ("Decider", "Detector", "Models", "Recognizer"),
    "people": ("EnrolledPicture", "Gallery", "Outcome", "Person", "Verdict"),
    "photos": ("Photo", "judge_photos", "sort_photos"),
    "pictures": ("Picture", "read_picture"),
    "supervised": ("to_supervision",),
    "watching": (
        "CameraEvent",
        "Event",
        "FrameResult",
        "HealthEvent",
        "IdentityEvent",
        "SampleEvent",
        "TrackEvent",
        "Watch",
        "watch",
    ),
}
_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names}

if not TYPE_CHECKING:  # a type checker would take every misspelt name for one that exists

    def __getattr__(name: str) -> Any:
        """Import the module of a public name when it is first used."""
        if old := OLD_NAMES.get(name):
            warnings.warn(old.warning(name), DeprecationWarning, stacklevel=2)
            return getattr(import_module(__name__), old.instead)
        if (module := _MODULE_OF.get(name)) is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = found = getattr(import_module(f"{__name__}.{module}"), name)
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
