"""What became of a judged face, and what would have at another rate."""

import pytest

from glimpse.evaluation.trial import Result, Trial


@pytest.mark.parametrize(
    ("person", "px", "names", "result"),
    [
        ("Ada", 20.0, ("Ada",), Result.RIGHT),
        ("Ada", 20.0, ("Ada", "Ben"), Result.WRONG),
        ("Ada", 20.0, ("Ben",), Result.WRONG),
        ("Ada", 20.0, (), Result.NOT_NAMED),
        ("Ada", 0.0, (), Result.NOT_FOUND),
        (None, 20.0, (), Result.NOT_NAMED),
        (None, 20.0, ("Ada",), Result.WRONG),
        ("Ada", 20.0, ("ada",), Result.WRONG),
    ],
)
def test_the_result(person: str | None, px: float, names: tuple[str, ...], result: Result) -> None:
    assert Trial(person, "a.jpg", "a", px, names).result is result


def test_another_rate_names_whom_the_chance_permits() -> None:
    trial = Trial("Ada", "a.jpg", "a", 20.0, nearest="Ben", chance=0.01, clear=True)
    assert [trial.name_at(rate) for rate in (0.001, 0.00999, 0.01, 0.5)] == [None, None, "Ben", "Ben"]


def test_a_rate_that_was_found_from_the_chance_names_despite_rounding() -> None:
    chance = 0.1 + 0.2  # 0.30000000000000004
    assert Trial("Ada", "a.jpg", "a", 20.0, nearest="Ben", chance=chance, clear=True).name_at(0.3) == "Ben"


def test_an_unclear_face_is_named_at_no_rate() -> None:
    assert Trial("Ada", "a.jpg", "a", 20.0, nearest="Ben", chance=0.0, clear=False).name_at(1.0) is None


def test_a_face_that_was_not_found_is_named_at_no_rate() -> None:
    assert Trial("Ada", "a.jpg", "a").name_at(1.0) is None
