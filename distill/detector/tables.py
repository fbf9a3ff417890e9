"""The evaluation as Markdown: a row for each detector, a column for each face height."""

from collections.abc import Callable, Sequence

from distill.detector.metrics import FOUND, Measured

RATES = (1.0, 0.1)


def report(found: Sequence[Measured]) -> str:
    """Every table, with the figures each rests on."""
    first = found[0]
    faces = ", ".join(f"{len(at.best)} of {height} px" for height, at in first.heights.items())
    pictures = ", ".join(f"{count} {name}" for name, count in first.images.items())
    parts = [f"Faces: {faces}. Pictures without faces: {pictures}. Found: IoU {FOUND:g} or more."]
    parts += [f"Recall at {rate:g} false alarms a picture:\n\n{_recall(found, rate)}" for rate in RATES]
    parts.append(f"Average precision:\n\n{_by_height(found, lambda one, height: one.precision(height))}")
    errors = _by_height(found, lambda one, height: one.landmark_error(height, 1.0))
    parts.append(
        f"Landmark error, mean of the five as a share of the eye distance, median of the faces found at 1:\n\n{errors}"
    )
    plain = _by_height(found, lambda one, height: one.recall(height, 1.0, plain=True))
    parts.append(f"Recall at 1 with boxes as they come, no convention undone:\n\n{plain}")
    parts.append(f"False alarms a picture at score 0.5, the conventions undone, and the cost:\n\n{_rest(found)}")
    return "\n\n".join(parts) + "\n"


def _recall(found: Sequence[Measured], rate: float) -> str:
    rows = [
        [one.name, f"{one.threshold(rate):.2f}", *(f"{one.recall(height, rate):.3f}" for height in one.heights)]
        for one in found
    ]
    return _table(["detector", "score", *_heads(found)], rows)


def _by_height(found: Sequence[Measured], figure: Callable[[Measured, int], float]) -> str:
    rows = [[one.name, *(f"{figure(one, height):.3f}" for height in one.heights)] for one in found]
    return _table(["detector", *_heads(found)], rows)


def _rest(found: Sequence[Measured]) -> str:
    sets = list(found[0].images)
    rows = []
    for one in found:
        false = [f"{(one.false[name] >= 0.5).sum() / max(one.images[name], 1):.2f}" for name in sets]
        shift, factor = one.convention.shift, one.convention.factor
        moved = f"{shift[0]:+.2f} {shift[1]:+.2f}, x{factor[0]:.2f} x{factor[1]:.2f}"
        rows.append([one.name, *false, moved, f"{one.per_megapixel:.1f}"])
    return _table(["detector", *sets, "shift and factor across, down", "ms/MP"], rows)


def _heads(found: Sequence[Measured]) -> list[str]:
    return [f"{height} px" for height in found[0].heights]


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
