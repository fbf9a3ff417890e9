"""The evaluation as Markdown tables: one row per detector, one column per face height."""

from collections.abc import Callable, Sequence

from configs.markdown import table
from distill.detector.metrics import FOUND_IOU, DetectorResult
from distill.detector.reliability import format_shares

RATES = (1.0, 0.1)  # false alarms per picture


def format_tables(results: Sequence[DetectorResult]) -> str:
    """All tables, and the number of faces and pictures behind them."""
    first = results[0]
    faces = ", ".join(f"{len(result.best)} of {height} px" for height, result in first.heights.items())
    pictures = ", ".join(f"{count} {name}" for name, count in first.pictures.items())
    errors = _by_height(results, lambda result, height: result.landmark_error(height, 1.0))
    uncorrected = _by_height(results, lambda result, height: result.recall(height, 1.0, corrected=False))
    precision = _by_height(results, lambda result, height: result.precision(height))
    parts = [
        f"Faces: {faces}. Pictures without faces: {pictures}. A face is found by a box with IoU {FOUND_IOU:g} or more.",
        *(f"Recall at {rate:g} false alarms per picture:\n\n{_recall(results, rate)}" for rate in RATES),
        f"Average precision:\n\n{precision}",
        "Landmark error at 1 false alarm per picture: mean distance of the five as a share of the eye distance, median"
        f" over the faces found:\n\n{errors}",
        f"Recall at 1 false alarm per picture, boxes not corrected for conventions:\n\n{uncorrected}",
        f"Share of boxes that are faces, by score:\n\n{format_shares(results)}",
        f"False alarms per picture at score 0.5, box conventions, and cost:\n\n{_false_alarms_and_cost(results)}",
    ]
    return "\n\n".join(parts) + "\n"


def _recall(results: Sequence[DetectorResult], rate: float) -> str:
    rows = [
        [
            result.name,
            f"{result.threshold(rate):.2f}",
            *(f"{result.recall(height, rate):.3f}" for height in result.heights),
        ]
        for result in results
    ]
    return table(["detector", "score", *_height_columns(results)], rows, align_right=True)


def _by_height(results: Sequence[DetectorResult], figure: Callable[[DetectorResult, int], float]) -> str:
    rows = [[result.name, *(f"{figure(result, height):.3f}" for height in result.heights)] for result in results]
    return table(["detector", *_height_columns(results)], rows, align_right=True)


def _false_alarms_and_cost(results: Sequence[DetectorResult]) -> str:
    sets = list(results[0].pictures)
    rows = []
    for result in results:
        rates = [f"{(result.false_alarms[name] >= 0.5).sum() / max(result.pictures[name], 1):.2f}" for name in sets]
        shift, factor = result.convention.shift, result.convention.factor
        convention = f"{shift[0]:+.2f} {shift[1]:+.2f}, x{factor[0]:.2f} x{factor[1]:.2f}"
        rows.append([result.name, *rates, convention, f"{result.ms_per_megapixel:.1f}"])
    return table(["detector", *sets, "shift and factor across, down", "ms/MP"], rows, align_right=True)


def _height_columns(results: Sequence[DetectorResult]) -> list[str]:
    return [f"{height} px" for height in results[0].heights]
