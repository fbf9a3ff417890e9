"""Whether a score means the same at every size: the share of boxes that are faces, by score and height of the box."""

from collections.abc import Iterator, Sequence

import numpy as np

from configs.markdown import table
from detectors.arrays import Float32, Mask
from distill.detector.metrics import DetectorResult

SCORES = ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (0.6, 0.8), (0.8, 1.0))
HEIGHTS_PX = ((6, 10), (10, 14), (14, 20), (20, 28), (28, 40), (40, 70))
FEW = 10  # boxes below which a share says little and is left out


def read_boxes(result: DetectorResult) -> tuple[Float32, Float32, Mask]:
    """Heights in pixels, scores, and whether it is a face, of every box that was counted, each (N,)."""
    heights = [*(one.sizes for one in result.heights.values()), *result.false_sizes.values()]
    scores = [*(one.scores for one in result.heights.values()), *result.false_alarms.values()]
    faces = [one.is_true for one in result.heights.values()]
    faces += [np.zeros(len(sizes), np.bool_) for sizes in result.false_sizes.values()]
    return np.concatenate(heights), np.concatenate(scores), np.concatenate(faces)


def shares(result: DetectorResult) -> Iterator[tuple[str, list[float]]]:
    """For each band of heights its name and the share of faces in each band of SCORES; NaN for fewer than FEW boxes."""
    heights, scores, faces = read_boxes(result)
    for low, high in HEIGHTS_PX:
        in_band = (heights >= low) & (heights < high)
        rows = [faces[in_band & (scores >= least) & (scores < most)] for least, most in SCORES]
        yield f"{low}-{high} px", [float(row.mean()) if len(row) >= FEW else float("nan") for row in rows]


def format_shares(results: Sequence[DetectorResult]) -> str:
    """One row for each detector and band of heights."""
    rows = [
        [result.name, band, *("" if np.isnan(value) else f"{value:.2f}" for value in values)]
        for result in results
        for band, values in shares(result)
    ]
    heads = ["detector", "box", *(f"{least:g} to {most:g}" for least, most in SCORES)]
    return table(heads, rows, align_right=True)
