"""Names that a docstring explains become a list."""

import pytest

pytest.importorskip("griffe", reason="extra docs")

from website.docstrings import list_names

NAMES = {"score", "long_side", "box"}


def test_lines_and_phrases_become_items() -> None:
    text = "Opens a model.\n\nscore: of a box,\n0..1.  long_side: pixels.\n\nRaises ModelError."
    assert list_names(text, NAMES) == (
        "Opens a model.\n\n- `score`: of a box, 0..1.\n- `long_side`: pixels.\n\nRaises ModelError."
    )


def test_errors_end_the_list() -> None:
    assert list_names("box, score: of a face. Raises ValueError.", NAMES).endswith("of a face.\n\nRaises ValueError.")


def test_other_words_with_a_colon_stay() -> None:
    text = "Two ways: this one. Better: that."
    assert list_names(text, NAMES) == text
    assert list_names(text, set()) == text
