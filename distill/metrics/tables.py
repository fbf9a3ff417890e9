"""The evaluation as Markdown tables: a table for each metric, a row for each model, a column for each face size."""

from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from configs.markdown import table


class Row(msgspec.Struct, frozen=True):
    """Metrics of one model at one face size, in per cent. sides: `low-low` or `high-low` (sharp against low)."""

    model: str
    pixels: int
    sides: str
    accuracy: float
    tar: dict[str, float]
    identification: dict[str, float]


def format_tables(rows: Sequence[Row]) -> str:
    """Format accuracy, TAR at each FAR and all identification metrics; sides without a value get no table."""
    metrics: list[tuple[str, Callable[[Row], float | None]]] = [("accuracy", lambda row: row.accuracy)]
    if rows:
        metrics += [(f"TAR at FAR {rate}", partial(_tar, rate)) for rate in rows[0].tar]
        metrics += [(name, partial(_identification, name)) for name in rows[0].identification]
    parts = [_format(rows, sides, title, metric) for sides in ("low-low", "high-low") for title, metric in metrics]
    return "\n".join(part for part in parts if part)


def _format(rows: Sequence[Row], sides: str, title: str, metric: Callable[[Row], float | None]) -> str:
    rows = [row for row in rows if row.sides == sides]
    sizes = sorted({row.pixels for row in rows}, reverse=True)
    values = {(row.model, row.pixels): metric(row) for row in rows}
    if not any(value is not None for value in values.values()):
        return ""
    models = dict.fromkeys(row.model for row in rows)
    cells = [[model, *(_cell(values.get((model, size))) for size in sizes)] for model in models]
    heads = ["model", *(f"{size} px" for size in sizes)]
    return f"### {sides}: {title}, %\n\n{table(heads, cells, align_right=True)}\n"


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _tar(rate: str, row: Row) -> float | None:
    return row.tar.get(rate)


def _identification(name: str, row: Row) -> float | None:
    return row.identification.get(name)
