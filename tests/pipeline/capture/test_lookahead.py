"""Items can be seen before they are taken; an error comes after the items before it."""

from collections.abc import Iterator

import pytest

from pipeline.capture.lookahead import Lookahead


def broken_after(count: int) -> Iterator[int]:
    yield from range(count)
    raise OSError("broken")


def test_peeking_takes_nothing() -> None:
    ahead = Lookahead(iter("abc"))
    assert ahead.peek(2) == ["a", "b"]
    assert ahead.peek(1) == ["a"]
    assert [ahead.take(), ahead.take()] == ["a", "b"]
    assert ahead.peek(5) == ["c"]
    ahead.take()
    assert ahead.peek(1) == []


def test_reads_no_further_than_asked() -> None:
    source = iter("abc")
    Lookahead(source).peek(1)
    assert next(source) == "b"


def test_an_error_comes_after_the_items_before_it() -> None:
    ahead = Lookahead(broken_after(2))
    assert ahead.peek(9) == [0, 1]
    ahead.take()
    assert ahead.peek(9) == [1]
    ahead.take()
    with pytest.raises(OSError, match="broken"):
        ahead.peek(1)
