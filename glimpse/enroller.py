"""What enrols with the models of a caller, by the limits that suit them."""

from glimpse.models import Models
from recognizer.gallery.enroll import Enroller, usual_limits


def enroller_of(models: Models, *, keep_chips: bool = True, min_face_px: float = 24.0) -> Enroller:
    """An enroller. keep_chips: store a picture of each face.  min_face_px: smallest face to take, pixels."""
    limits = usual_limits(models.detector.model, models.recognizer.model)
    return Enroller(
        models.detector,
        models.recognizer.inner,
        models.decider.calibration,
        min_px=min_face_px,
        max_blur=limits.max_blur,
        min_score=limits.min_score,
        min_mirror=limits.min_mirror,
        keep_chips=keep_chips,
        cohort=models.decider.cohort,
    )
