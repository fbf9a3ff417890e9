"""Fields of forms, whatever is in them."""

import pytest

from pipeline.web.changes.form import Form, RefusedError

FORM = Form({"name": [" Ada "], "ids": ["1", "2"], "many": ["1,2"], "bad": ["1,x"], "huge": ["9" * 30], "nul": ["a\0"]})


def test_what_is_there() -> None:
    assert FORM.text("name") == "Ada"
    assert FORM.text("none") == ""
    assert FORM.is_ticked("name")
    assert not FORM.is_ticked("none")
    assert FORM.numbers("ids") == [1, 2]
    assert FORM.listed("many") == [1, 2]


@pytest.mark.parametrize("name", ["none", "bad", "huge", "name", "many"])
def test_numbers_that_are_none(name: str) -> None:
    with pytest.raises(RefusedError, match=name):
        FORM.numbers(name)


def test_what_is_missing_or_too_long() -> None:
    for ask in (lambda: FORM.needed("none"), lambda: FORM.text("name", longest=2), lambda: FORM.text("nul")):
        with pytest.raises(RefusedError):
            ask()
    with pytest.raises(RefusedError, match="1 to 1"):
        FORM.numbers("ids", most=1)
    with pytest.raises(RefusedError, match="bad"):
        FORM.listed("bad")
