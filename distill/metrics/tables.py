"""The evaluation as Markdown: one table for each pair of sides, a row for each model, a column for each size."""

from collections.abc import Callable, Sequence
from typing import Protocol


class Measured(Protocol):
    """What a row of the evaluation has (distill/evaluate/stage.py, Row)."""

    model: str
    pixels: int
    sides: str
    accuracy: float
    tar: dict[str, float]
    identification: dict[str, float]


def format_tables(rows: Sequence[Measured]) -> str:
    """Tables of accuracy, TAR at FAR, rank one and TPIR at FPIR, in per cent."""
    figures: list[tuple[str, Callable[[Measured], float | None]]] = [("accuracy", lambda row: row.accuracy)]
    figures += [(f"TAR at FAR {rate}", _of_tar(rate)) for rate in rows[0].tar] if rows else []
    figures += [(name, _of_identification(name)) for name in rows[0].identification] if rows else []
    parts = [_table(rows, sides, title, figure) for sides in ("low-low", "high-low") for title, figure in figures]
    return "\n".join(part for part in parts if part)


def _table(rows: Sequence[Measured], sides: str, title: str, figure: Callable[[Measured], float | None]) -> str:
    mine = [row for row in rows if row.sides == sides]
    sizes = sorted({row.pixels for row in mine}, reverse=True)
    values = {(row.model, row.pixels): figure(row) for row in mine}
    if not any(value is not None for value in values.values()):
        return ""
    lines = [f"### {sides}: {title}, %", "", f"| model | {' | '.join(f'{size} px' for size in sizes)} |"]
    lines.append("| --- |" + " ---: |" * len(sizes))
    for model in dict.fromkeys(row.model for row in mine):
        cells = [_cell(values.get((model, size))) for size in sizes]
        lines.append(f"| {model} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _of_tar(rate: str) -> Callable[[Measured], float | None]:
    return lambda row: row.tar.get(rate)


def _of_identification(name: str) -> Callable[[Measured], float | None]:
    return lambda row: row.identification.get(name)
