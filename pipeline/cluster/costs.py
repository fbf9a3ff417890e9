"""What a camera costs in processor cores: measured from the workers' beats, before that supposed from its settings."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.cluster.messages import Beat
from pipeline.settings.types import CameraSettings

CORE_SECONDS_A_FRAME = 0.012
"""Supposed of a frame of 1280x720: `python -m benchmarks.cluster` prints what a frame of its cameras took."""

SUPPOSED_FPS = 15.0
LEAST_CORES = 0.001
MEASURED_SECONDS = 5.0
"""Between two looks at a worker's processor time; shorter ones are coarse."""

NEW_SHARE = 0.3
"""Of the newest measurement in the running mean."""


def supposed_cores(camera: CameraSettings) -> float:
    """Cores that a camera may take, by its frames a second; their size is not known before it runs."""
    fps = min(camera.fps or SUPPOSED_FPS, SUPPOSED_FPS * 2) / camera.stride
    return max(LEAST_CORES, fps * CORE_SECONDS_A_FRAME)


@dataclass(frozen=True)
class _Look:
    """A worker's sums at one moment."""

    time: float
    run: str
    cpu_seconds: float
    frames: Mapping[str, int]


class CostMeter:
    """Shares each worker's processor time among its cameras, by their frames. supposed: cores by camera, until then."""

    def __init__(self, supposed: Mapping[str, float]) -> None:
        self._supposed = dict(supposed)
        self._measured: dict[str, float] = {}
        self._looks: dict[str, _Look] = {}

    def suppose(self, supposed: Mapping[str, float]) -> None:
        """Other cameras; what was measured of those that stay counts on."""
        self._supposed = dict(supposed)

    def cores(self, camera: str) -> float:
        """What a camera takes, as far as it is known."""
        return self._measured.get(camera, self._supposed.get(camera, LEAST_CORES))

    def add(self, beat: Beat, now: float) -> None:
        """Take up a beat; most do nothing, because the last look was a moment ago."""
        last = self._looks.get(beat.node)
        look = _Look(now, beat.run, beat.cpu_seconds, {name: there.frames for name, there in beat.cameras.items()})
        if last is None or last.run != beat.run or last.frames.keys() != look.frames.keys():
            self._looks[beat.node] = look
        elif now - last.time >= MEASURED_SECONDS:
            self._looks[beat.node] = look
            self._share(last, look)

    def _share(self, last: _Look, look: _Look) -> None:
        frames = {name: max(0, count - last.frames[name]) for name, count in look.frames.items()}
        cores = max(0.0, look.cpu_seconds - last.cpu_seconds) / (look.time - last.time)
        for name, count in frames.items():
            if not count:
                continue
            new = max(LEAST_CORES, cores * count / sum(frames.values()))
            self._measured[name] = NEW_SHARE * new + (1 - NEW_SHARE) * self._measured.get(name, new)
