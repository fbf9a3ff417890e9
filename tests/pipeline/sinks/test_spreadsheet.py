"""Cells of a table for spreadsheets."""

import csv
import io

import pytest

from pipeline.sinks.spreadsheet import ENCODING, FORMULA_PREFIXES, cell_text, plain_cell


@pytest.mark.parametrize("start", FORMULA_PREFIXES)
def test_no_name_is_run_as_a_formula(start: str) -> None:
    name = f'{start}HYPERLINK("http://evil","x")'
    assert plain_cell(name) == f"'{name}"
    assert cell_text(plain_cell(name)) == name


@pytest.mark.parametrize("name", ["'=1", "''@x", "'\uff1d1", "'", "''", "-"])
def test_a_name_that_has_apostrophes_itself_comes_back(name: str) -> None:
    assert cell_text(plain_cell(name)) == name
    assert not plain_cell(name).startswith(FORMULA_PREFIXES)


@pytest.mark.parametrize("name", ["Ada", "'Neil", "", "a=b", "\u05e9\u05e8\u05d4", "\u674e\u96f7"])
def test_other_names_stay(name: str) -> None:
    assert plain_cell(name) == name
    assert cell_text(name) == name


def test_names_of_every_script_come_back_from_the_bytes() -> None:
    names = ["\u05e9\u05e8\u05d4", "\u0645\u062d\u0645\u062f", "\u674e\u96f7", "\uae40\uc11c\uc5f0", "\u0e2a\u0e21"]
    text = io.StringIO(newline="")
    csv.writer(text).writerow(names)
    data = text.getvalue().encode(ENCODING)
    assert data.startswith(b"\xef\xbb\xbf")
    assert next(csv.reader(io.StringIO(data.decode(ENCODING), newline=""))) == names
