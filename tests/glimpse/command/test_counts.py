"""Counts and spans that mean nothing are refused by every command, before it does anything."""

import math

import pytest

from glimpse.command.app import main
from glimpse.command.counts import at_least, more_than_nothing, nothing_found


@pytest.mark.parametrize(
    "words",
    [
        *(f"backup out people.db --keep {value}" for value in ("0", "-3")),
        *(f"history groups list h.db --{flag} {value}" for flag in ("limit", "min-tracks") for value in ("0", "-1")),
        "history groups show h.db 1 --limit -1",
        "history show h.db --limit 0",
        "history search h.db --track 1 --limit 0",
        "history search h.db --track 1 --strangers 0",
        "history audit h.db --limit 0",
        "history journeys h.db --min-cameras 0",
        "alerts list a.db --limit 0",
        "accounts log a.db --limit 0",
        "calibrate --recognizer base --data x --out y --people 0",
        "calibrate --recognizer base --data x --out y --people -5",
        "calibrate --recognizer base --data x --out y --people 5 --strangers-a-day nan",
        "collect show --config c.yaml --after -1",
        "collect show --config c.yaml --limit 0",
        "cluster node --head --object-store-mb 0",
        "watch ipc://x --count -1",
        "watch ipc://x --timeout 0",
        "selfcheck --config s.yaml --hours 0",
        "who x.jpg --gallery p.db --threads 0",
    ],
)
def test_a_count_that_means_nothing_is_refused(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words.split()) == 2
    assert " or more, got " in (error := capsys.readouterr().err) or "expected more than 0, got " in error


def test_what_is_not_given_is_no_mistake() -> None:
    at_least("--limit", None)
    at_least("--count", 0, 0)
    more_than_nothing("--hours", None)
    for value in (math.nan, math.inf, -1.0):
        with pytest.raises(ValueError, match="--hours: expected more than 0, got"):
            more_than_nothing("--hours", value)


def test_nothing_is_said_on_standard_error_without_what_a_terminal_would_obey(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert nothing_found("no track fits --person \x1b[31mAda\u202e [bold]") == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == "no track fits --person \\x1b[31mAda\\u202e [bold]\n"
