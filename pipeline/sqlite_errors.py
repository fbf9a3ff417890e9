"""What SQLite calls an error (https://www.sqlite.org/rescode.html)."""

import sqlite3


def error_name(error: sqlite3.Error) -> str:
    """Such as SQLITE_BUSY; empty for an error of Python's own, such as that of a text that is not UTF-8."""
    return str(getattr(error, "sqlite_errorname", ""))
