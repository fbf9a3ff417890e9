"""Markdown tables, for every package that writes a report or a reference page."""

from collections.abc import Sequence


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, align_right: bool = False) -> str:
    """A Markdown table without a final line break; `align_right` aligns all columns but the first to the right."""
    rule = ["---", *["---:" if align_right else "---"] * (len(heads) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (heads, rule, *rows))
