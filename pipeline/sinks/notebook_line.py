"""A line of a notebook that is replaced. A widget of rich would swallow what the cell prints meanwhile."""

from importlib import import_module
from typing import Any


class NotebookLine:
    """One line below the cell that runs."""

    def __init__(self) -> None:
        display = import_module("IPython.display").display
        self._handle: Any = display({"text/plain": "starting"}, raw=True, display_id=True)

    def show(self, text: str, *, done: float = 0.0, total: float | None = None) -> None:
        """Replace the line. done, total: how far a recording is, seconds; no share is shown without a total."""
        percent = f"{100 * min(1.0, done / total):3.0f}%  " if total else ""
        self._handle.update({"text/plain": percent + text}, raw=True)

    def stop(self) -> None:
        """Leave the line as it is."""
