"""What a long job shows and keeps: a bar with speed and time left, and a log of one JSON object per line."""

import json
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar


class Log:
    """Appends JSON lines; each carries its stage and the Unix time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)

    def write(self, stage: str, **values: Any) -> None:
        """Add one line. A half line left by a kill is closed first, so that the next one stays readable."""
        line = json.dumps({"stage": stage, "time": round(time.time(), 1), **values}, ensure_ascii=False)
        torn = self._path.exists() and self._path.stat().st_size > 0 and self._path.read_bytes()[-1:] != b"\n"
        with self._path.open("a", encoding="utf-8") as file:
            file.write(("\n" if torn else "") + line + "\n")


def read_log(path: Path) -> list[dict[str, Any]]:
    """Every whole line of a log; torn ones are passed over."""
    found: list[dict[str, Any]] = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return found


class Progress:
    """A bar on a terminal, a line every half minute elsewhere."""

    EVERY = 30.0

    def __init__(self, title: str, *, unit: str, total: int | None = None, done: int = 0, shown: bool = True) -> None:
        self._console = Console(stderr=True, quiet=not shown)
        self._title, self._unit, self._total = title, unit, total
        self._first, self._began, self._told = done, time.monotonic(), time.monotonic()
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

    def at(self, done: int, note: str = "") -> None:
        """Say how far the job is."""
        now = time.monotonic()
        rate = (done - self._first) / max(now - self._began, 1e-6)
        self._bar.update(self._task, completed=done, rate=f"{rate:,.0f} {self._unit}/s {note}")
        if not self._console.is_terminal and now - self._told >= self.EVERY:
            self._told = now
            self._console.print(self._line(done, rate, note), highlight=False, soft_wrap=True)

    def _line(self, done: int, rate: float, note: str) -> str:
        left = f", {(self._total - done) / rate:,.0f} s left" if self._total and rate > 0 else ""
        return f"{self._title}: {done:,} {self._unit}, {rate:,.0f}/s{left} {note}".rstrip()
