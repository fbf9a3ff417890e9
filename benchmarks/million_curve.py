"""Draws false names a day against gallery size: counted, and by the fit of the tail with its interval.

python -m benchmarks.million_curve --recognizer large --out docs/false_names_by_gallery.png
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from recognizer.calibration import Calibration, read_calibration
from recognizer.false_names import FalseNames, list_false_names, points_of
from recognizer.load import shipped_calibration

BANDS_PX = (16.0, 32.0, 64.0)
SIZES = [int(size) for size in np.geomspace(100, 1e6, 17)]
STRANGERS_A_DAY = 1000.0
FALSE_ALARM = 0.001


def main() -> None:
    """Draw the picture."""
    options = _parser().parse_args()
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    calibration = read_calibration(shipped_calibration(options.recognizer))
    figure, (kept, raised) = pyplot.subplots(1, 2, figsize=(11, 4.5))
    for number, px in enumerate(BANDS_PX):
        draw_kept(kept, calibration, px, f"C{number}")
        draw_raised(raised, calibration, px, f"C{number}")
    kept.set(xscale="log", yscale="log", xlabel="faces in the gallery", ylabel="false names a day of 1,000 strangers")
    kept.set_title("At the threshold of 1,000 faces", fontsize=10)
    kept.set_ylim(0.05, 1100)
    raised.set(xscale="log", xlabel="faces in the gallery", ylabel="own tracks that reach the threshold, %")
    raised.set_title("Threshold raised for one false name a day; dotted: nobody is named", fontsize=10)
    for axes in (kept, raised):
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(options.out, dpi=110)


def draw_kept(axes: Any, calibration: Calibration, px: float, colour: str) -> None:
    """The fit with its interval, and the counted points of one face height, several looks."""
    rows = _rows(calibration, px, kept=True)
    axes.plot(SIZES, [row.a_day for row in rows], color=colour, label=f"{px:g} px")
    axes.fill_between(SIZES, [row.low for row in rows], [row.high for row in rows], color=colour, alpha=0.12)
    points = points_of(calibration.reach, px, rows[0].looks) if calibration.reach else []
    for point in points:
        height, low, high = (STRANGERS_A_DAY * value for value in (point.share, point.low, point.high))
        error = [[height - low], [high - height]]
        fill = "none" if point.learnt else colour
        label = "learnt from" if point.learnt and px == BANDS_PX[0] and point.faces > 1000 else None
        axes.errorbar(point.faces, height, error, fmt="o", color=colour, markerfacecolor=fill, label=label)


def draw_raised(axes: Any, calibration: Calibration, px: float, colour: str) -> None:
    """The share of people's own tracks at the threshold of each gallery."""
    rows = _rows(calibration, px, kept=False)
    shares = np.array([100 * row.own_share for row in rows])
    refused = np.array([bool(row.refusal) for row in rows])
    axes.plot(SIZES, np.where(refused, np.nan, shares), "o-", color=colour, markersize=3, label=f"{px:g} px")
    axes.plot(SIZES, shares, ":", color=colour)


def _rows(calibration: Calibration, px: float, *, kept: bool) -> list[FalseNames]:
    """The rows of one face height, the band of most looks."""
    rows = list_false_names(calibration, SIZES, false_alarm=FALSE_ALARM, strangers_a_day=STRANGERS_A_DAY, kept=kept)
    own = [row for row in rows if row.px == px]
    most = max(row.looks for row in own)
    return [row for row in own if row.looks == most]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recognizer", default="large", help="a family whose calibration has a reach")
    parser.add_argument("--out", required=True, type=Path, help="PNG to write")
    return parser


if __name__ == "__main__":
    main()
