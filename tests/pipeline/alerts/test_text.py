"""Sentences of alerts: templates that reach for more than a field, and values of hostile events."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from pipeline.alerts.cause import Cause
from pipeline.alerts.text import FIELDS, MAX_CHARACTERS, check_template, make_text


def cause(**fields: object) -> Cause:
    values = {"who": "Bob", "what": "was seen", "node": "n", "epoch": "e", "camera": "door", "track": 1, "at": 0.0}
    return Cause(key="k", subject="s", **{**values, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "template",
    [
        "{who.__class__}", "{who[0]}", "{who!r}", "{who:>1000000000}", "{0}", "{}", "{nobody}", "{who", "who}",
        "{ who}", "{who:{what}}", "{who!}", "{WHO}", "{__init__}", "{wh\u043e}",
    ],
)  # fmt: skip
def test_a_template_of_anything_but_plain_fields_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match=r"^text: "):
        check_template(template)


@pytest.mark.parametrize(
    "template", ["", "{{{who}}}", "100 %", "\u00fc{time}\n{chance}", *(f"{{{f}}}" for f in sorted(FIELDS))]
)
def test_all_others_are_taken_and_can_be_filled(template: str) -> None:
    check_template(template)
    assert "{who}" not in make_text(template, "rule", cause(false_alarm=1e-5), UTC)


@pytest.mark.parametrize(
    "name", ["{who}{what}", "a\nb\r\x1b[31m", "\u202egnp.exe", "\ud800", "x" * 100_000, "%s %(x)s"]
)
def test_a_hostile_name_is_text_on_one_line(name: str) -> None:
    for template in ("", "{who} at {camera}"):
        text = make_text(template, name, cause(who=name, camera=name), UTC)
        assert text.isprintable()
        assert len(text) <= MAX_CHARACTERS
        text.encode()


@pytest.mark.parametrize("figure", [0.0, -0.0, 1e300, float("inf"), float("nan"), 5e-324])
def test_impossible_figures_are_shown(figure: float) -> None:
    text = make_text("{seconds}/{px}/{chance}", "r", cause(seconds=figure, face_px=figure, false_alarm=figure), UTC)
    assert text.isprintable()


def test_a_warning_stands_at_the_end_and_in_its_field() -> None:
    warned = cause(warnings=("moves like a photograph",))
    assert make_text("", "r", warned, UTC).endswith("; warning: moves like a photograph")
    assert make_text("{who} {warning}", "r", warned, UTC) == "Bob moves like a photograph"


def test_the_time_is_that_of_the_rule() -> None:
    assert make_text("{time}", "r", cause(at=0.0), ZoneInfo("Asia/Tokyo")) == "1970-01-01 09:00:00 JST"


def test_the_usual_sentence_says_the_place_of_a_track_and_the_chance_of_a_name() -> None:
    assert make_text("", "r", cause(false_alarm=0.00123), UTC) == (
        "r: Bob was seen at door, 1970-01-01 00:00:00 UTC; chance that this is a stranger's face: 0.0012"
    )
    assert make_text("", "r", cause(track=None), UTC) == "r: Bob was seen, 1970-01-01 00:00:00 UTC"
