"""SQLite's errors have its names; an error that Python makes itself has none."""

import sqlite3
from contextlib import closing

import pytest

from pipeline.sqlite_errors import error_name


@pytest.mark.parametrize(
    ("statement", "name"),
    [("nonsense", "SQLITE_ERROR"), ("SELECT CAST(x'ff' AS TEXT)", ""), ("PRAGMA query_only = ON", None)],
)
def test_an_error_is_named_as_sqlite_does(statement: str, name: str | None) -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        if name is None:
            database.execute(statement)
            statement, name = "CREATE TABLE x (y)", "SQLITE_READONLY"
        with pytest.raises(sqlite3.OperationalError) as raised:
            database.execute(statement).fetchall()
    assert error_name(raised.value) == name
