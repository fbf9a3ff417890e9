"""Faces as `supervision.Detections`, for the annotators, trackers and zones of that library."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from configs.extras import install_extra
from glimpse.faces import Face
from glimpse.identity import Identity

if TYPE_CHECKING:
    import supervision

__all__ = ["to_supervision"]


def to_supervision(faces: Sequence[Face], identities: Sequence[Identity] | None = None) -> "supervision.Detections":
    """Faces as `supervision.Detections`: `xyxy` float32 (N,4) and `confidence` float32 (N,), the detector's scores.

    `data` holds `face_px` float32 (N,), `vector` float32 (N,D), and with `identities`, one for each face, `name`,
    object (N,): the person or None.

    Raises ImportError without supervision (`pip install supervision`), ValueError for another number of identities.
    """
    try:
        import supervision
    except ImportError as error:
        raise ImportError(f"to_supervision needs the package supervision: {install_extra('supervision')}") from error
    if not faces:
        return supervision.Detections.empty()
    data: dict[str, Any] = {
        "face_px": np.array([face.px for face in faces], np.float32),
        "vector": np.stack([face.vector for face in faces]),
    }
    if identities is not None:
        if len(identities) != len(faces):
            raise ValueError(f"identities: expected one for each of {len(faces)} faces, got {len(identities)}")
        data["name"] = np.array([identity.name for identity in identities], object)
    return supervision.Detections(
        xyxy=np.array([face.box for face in faces], np.float32),
        confidence=np.array([face.score for face in faces], np.float32),
        data=data,
    )
