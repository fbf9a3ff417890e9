"""Kalman filters of many boxes at once: every corner coordinate moves at a constant speed.

The four coordinates of a box share one covariance, because they share their noise. Noise grows with the step as that of
a white-noise acceleration (Bar-Shalom et al., "Estimation with Applications to Tracking and Navigation", 6.3.2).
"""

from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float64, Index, Mask

NOMINAL_FPS = 30.0  # the noise is tuned for steps of one frame at this rate; speeds are pixels per such frame
MEASUREMENT_NOISE, PROCESS_NOISE = 0.1, 0.01  # variances, px² (ByteTrack as in the library `trackers` 2.6)
TOLERANCE_FRAMES = 0.12  # 4 ms: a step that differs less from one frame counts as one


@dataclass(slots=True)
class BoxFilters:
    """boxes, speeds: (N,4), pixels and pixels per frame.

    covariance: (N,3), the variance of a coordinate, its covariance with its speed, the variance of the speed.
    """

    boxes: Float64
    speeds: Float64
    covariance: Float64

    @classmethod
    def at(cls, boxes: Float64) -> "BoxFilters":
        """Filters that begin at boxes (N,4) and stand still."""
        return cls(boxes.copy(), np.zeros_like(boxes), np.tile([1.0, 0.0, 1.0], (len(boxes), 1)))

    def predict(self, seconds: float) -> None:
        """Move all boxes on by `seconds` (above 0)."""
        step = seconds * NOMINAL_FPS
        self.boxes = self.boxes + step * self.speeds
        place, both, speed = self.covariance.T
        moved = np.stack([place + 2 * step * both + step**2 * speed, both + step * speed, speed], axis=1)
        self.covariance = moved + _process_noise(step)

    def update(self, rows: Index, boxes: Float64) -> None:
        """Take measured boxes (M,4) into the filters in `rows` (M,)."""
        place, both, speed = self.covariance[rows].T
        gain = place / (place + MEASUREMENT_NOISE)
        speed_gain = both / (place + MEASUREMENT_NOISE)
        missed = boxes - self.boxes[rows]
        self.boxes[rows] += gain[:, None] * missed
        self.speeds[rows] += speed_gain[:, None] * missed
        self.covariance[rows] = np.stack([(1 - gain) * place, (1 - gain) * both, speed - speed_gain * both], axis=1)

    def keep(self, which: Mask) -> None:
        """Drop all filters but `which` (N,)."""
        self.boxes, self.speeds, self.covariance = self.boxes[which], self.speeds[which], self.covariance[which]

    def add(self, boxes: Float64) -> None:
        """Begin filters behind the others, at boxes (M,4)."""
        new = BoxFilters.at(boxes)
        self.boxes = np.concatenate([self.boxes, new.boxes])
        self.speeds = np.concatenate([self.speeds, new.speeds])
        self.covariance = np.concatenate([self.covariance, new.covariance])


def _process_noise(step: float) -> Float64:
    """What a step of so many frames adds to the covariance: (3,)."""
    if abs(step - 1) <= TOLERANCE_FRAMES:
        return np.array([PROCESS_NOISE, 0, PROCESS_NOISE])
    return PROCESS_NOISE * np.array([step**4 / 4, step**3 / 2, step**2])
