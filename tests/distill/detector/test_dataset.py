"""Pictures packed into batches."""

import numpy as np

from distill.detector.compose import TrainingPicture
from distill.detector.dataset import MAX_FACES, collate, pack


def test_faces_beyond_the_limit_of_a_batch_are_ignored() -> None:
    box = np.array([1, 1, 9, 9], np.float32)
    crowd = TrainingPicture(
        np.zeros((32, 32, 3), np.uint8), [box] * (MAX_FACES + 3), [np.zeros((5, 2), np.float32)] * (MAX_FACES + 3)
    )
    full = pack(crowd)
    assert np.isfinite(full.boxes).all()
    assert np.isfinite(full.ignore[:, 0]).sum() == 3
    batch = collate([full, pack(TrainingPicture(np.zeros((32, 32, 3), np.uint8)))])
    assert batch.images.shape == (2, 3, 32, 32)
    assert (batch.boxes.shape[1], batch.ignore.shape[1]) == (MAX_FACES, 3)
