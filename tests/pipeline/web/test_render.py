"""Words for times, spans and chances, whatever the numbers are."""

import msgspec
import pytest

from pipeline.site import site_time
from pipeline.web import render
from tests.synthetic.events import evidence


@pytest.mark.parametrize("seconds", [-1e18, -1.0, 0.0, 1.7e9, 1e12, 1e300])
def test_any_time_has_words(seconds: float) -> None:
    assert site_time.moment(seconds)
    assert site_time.iso(seconds)[4] == "-"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (59.4, "59 s"), (61, "1 min 1 s"), (3600, "1 h 0 min"), (93_784, "26 h 3 min")]
)
def test_spans(seconds: float, words: str) -> None:
    assert render.format_span(seconds) == words


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (0.0, "less than 1 in 1,000,000"),
        (1e-9, "1 in 1,000,000,000"),
        (0.0004, "1 in 2,500"),
        (0.3, "30 %"),
        (1, "100 %"),
    ],
)
def test_chances(chance: float, words: str) -> None:
    assert render.format_share(chance) == words


def test_a_name_is_one_segment_of_an_address() -> None:
    assert render.format_segment("a/b?c#d é") == "a%2Fb%3Fc%23d%20%C3%A9"


def test_the_address_of_a_static_file_follows_its_content() -> None:
    assert render.static_address("app.css").startswith("/static/app.css?v=")
    assert render.static_address("app.css") != render.static_address("app.js").replace("app.js", "app.css")


def test_warnings_of_a_track_stand_beside_its_figures() -> None:
    part = render.environment().get_template("parts/evidence.html")
    warned = msgspec.structs.replace(evidence("Ada"), warnings=("flat: like <a photograph>",))
    assert '<p class="warning"><strong>Warning:</strong> flat: like &lt;a photograph&gt;</p>' in part.render(
        evidence=warned
    )
    assert "Warning" not in part.render(evidence=evidence("Ada"))
