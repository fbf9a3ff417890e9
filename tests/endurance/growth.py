"""Whether a process has grown between the beginning and the end of a long run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from tests.endurance.child import Sample

WINDOW_SECONDS = 60.0


@dataclass(frozen=True)
class Growth:
    """Medians of the first and the last minute after the warm-up.

    A median leaves out what is held for a moment only, such as a file that SQLite opens for a checkpoint.
    rss_mb_per_hour: slope of the straight line of least squares through all samples after the warm-up, MiB.
    """

    start: Sample
    end: Sample
    rss_mb_per_hour: float

    def faults(self, max_growth_mb: float) -> list[str]:
        """A sentence for everything that has grown; memory may grow by so many MiB."""
        grown = self.end.rss_mb - self.start.rss_mb
        faults = []
        if grown > max_growth_mb:
            faults.append(f"memory grew by {grown:.1f} MiB, expected at most {max_growth_mb:g}")
        for what, start, end in (
            ("descriptors", self.start.descriptors, self.end.descriptors),
            ("threads", self.start.threads, self.end.threads),
        ):
            if end > start:
                faults.append(f"{what} grew from {start} to {end}")
        return faults


def measure_growth(samples: Sequence[Sample], warm_up: float) -> Growth:
    """Compare the first with the last minute. warm_up: seconds, left out. Raises ValueError for no sample after it."""
    steady = [sample for sample in samples if sample.seconds >= warm_up]
    if len(steady) < 2:
        raise ValueError(f"{len(steady)} samples after a warm-up of {warm_up:g} s, expected at least 2")
    first, last = steady[0].seconds, steady[-1].seconds
    window = min(WINDOW_SECONDS, (last - first) / 2)
    seconds, rss = ([getattr(sample, name) for sample in steady] for name in ("seconds", "rss_mb"))
    return Growth(
        start=_typical([sample for sample in steady if sample.seconds <= first + window]),
        end=_typical([sample for sample in steady if sample.seconds >= last - window]),
        rss_mb_per_hour=float(np.polyfit(seconds, rss, 1)[0]) * 3600,
    )


def _typical(samples: Sequence[Sample]) -> Sample:
    def of(value: Callable[[Sample], float]) -> float:
        return median(map(value, samples))

    return Sample(
        seconds=samples[0].seconds,
        rss_mb=of(lambda sample: sample.rss_mb),
        descriptors=round(of(lambda sample: sample.descriptors)),
        threads=round(of(lambda sample: sample.threads)),
    )
