"""What every CSV file has in common, so that spreadsheets show names as they are and run none of them.

A byte order mark stands at the beginning: without one, Excel takes UTF-8 for the system's old encoding, and names with
letters beyond A to Z are garbled. Readers take it off with the encoding `utf-8-sig`, which also reads files without it.
"""

ENCODING = "utf-8-sig"
FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are the wide forms of =, +, - and @: spreadsheets set up for Japanese or Chinese run those too."""


def plain_cell(text: str) -> str:
    """Text that a spreadsheet does not run as a formula: a person may be called `=HYPERLINK(...)` (OWASP, CSV
    Injection).

    It gets an apostrophe, and so does one that has apostrophes before: `cell_text` gives every text back unchanged.
    """
    return f"'{text}" if _is_formula(text) else text


def cell_text(cell: str) -> str:
    """The text that `plain_cell` made a cell of."""
    return cell[1:] if cell.startswith("'") and _is_formula(cell) else cell


def _is_formula(text: str) -> bool:
    return text.lstrip("'").startswith(FORMULA_PREFIXES)
