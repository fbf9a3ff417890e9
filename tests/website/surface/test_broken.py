"""A change that breaks programs of the last minor version is found; one that adds is not."""

import pytest

from website.surface.broken import find_broken

BEFORE = ["find(picture, *, px=)", "Face", "Face.box"]


@pytest.mark.parametrize(
    "now",
    [
        BEFORE,
        ["find(picture, *, px=, more=)", "Face", "Face.box", "Face.age", "new()"],
        ["find(picture, px=, *, more=)", "Face", "Face.box"],
    ],
)
def test_what_only_adds_breaks_nothing(now: list[str]) -> None:
    assert list(find_broken(BEFORE, now, ())) == []


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (["find(picture, *, px=)", "Face"], "Face.box: gone; "),
        (["find(picture)", "Face", "Face.box"], "find: no parameter px any more"),
        (["find(picture, size, *, px=)", "Face", "Face.box"], "find: needs size now"),
        (["find(size=, picture=, *, px=)", "Face", "Face.box"], "find: its parameters are in another order"),
    ],
)
def test_what_a_program_would_miss_is_named(now: list[str], said: str) -> None:
    [fault] = find_broken(BEFORE, now, ())
    assert fault.startswith(said)


def test_an_old_name_that_still_works_is_not_missed() -> None:
    assert list(find_broken(BEFORE, ["find(picture, *, px=)"], {"Face": "Person"})) == []
