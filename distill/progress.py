"""Progress of a long job: a bar with speed and remaining time, and a log with one JSON object per line."""

import json
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

PRINT_SECONDS = 30.0  # between printed lines where there is no terminal


class Log:
    """Appends JSON lines. Each has its stage and the Unix time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)

    def write(self, stage: str, **values: Any) -> None:
        """Append one line. A torn line that a killed process left is ended first, so that this one is readable."""
        line = json.dumps({"stage": stage, "time": round(time.time(), 1), **values}, ensure_ascii=False)
        torn = self.path.exists() and self.path.stat().st_size > 0 and self.path.read_bytes()[-1:] != b"\n"
        with self.path.open("a", encoding="utf-8") as file:
            file.write(("\n" if torn else "") + line + "\n")


def read_log(path: Path) -> list[dict[str, Any]]:
    """Every whole line of a log; torn lines are skipped. Empty if there is no file."""
    lines: list[dict[str, Any]] = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            lines.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return lines


class Progress:
    """A bar on a terminal, otherwise a line every PRINT_SECONDS."""

    def __init__(self, title: str, *, unit: str, total: int | None = None, done: int = 0, shown: bool = True) -> None:
        """done: what earlier runs did; it does not count for the speed."""
        self._console = Console(stderr=True, quiet=not shown)
        self._title, self._unit, self._total = title, unit, total
        self._first, self._started, self._printed = done, time.monotonic(), time.monotonic()
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
        )
        self._bar = Bar(*columns, console=self._console, disable=not self._console.is_terminal)
        self._task = self._bar.add_task(title, total=total, completed=done, rate="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def update(self, done: int, note: str = "") -> None:
        """Show how much is done."""
        now = time.monotonic()
        rate = (done - self._first) / max(now - self._started, 1e-6)
        self._bar.update(self._task, completed=done, rate=f"{rate:,.0f} {self._unit}/s {note}")
        if not self._console.is_terminal and now - self._printed >= PRINT_SECONDS:
            self._printed = now
            self._console.print(self._line(done, rate, note), highlight=False, soft_wrap=True)

    def _line(self, done: int, rate: float, note: str) -> str:
        left = f", {(self._total - done) / rate:,.0f} s left" if self._total and rate > 0 else ""
        return f"{self._title}: {done:,} {self._unit}, {rate:,.0f}/s{left} {note}".rstrip()
