"""Buttons of the timeline: what their spans are."""

from datetime import datetime

import pytest

from pipeline.web.pages.spans import SPANS, with_span
from tests.pipeline.web.security.site import Browser

NOW = datetime(2026, 3, 1, 16, 5, 7, 9).timestamp()
SPAN = {
    "morning": ("2026-03-01T00:00", "2026-03-01T12:00"),
    "today": ("2026-03-01T00:00", ""),
    "yesterday": ("2026-02-28T00:00", "2026-03-01T00:00"),
}


@pytest.mark.parametrize("span", [span for span, _ in SPANS])
def test_a_span_replaces_the_times_and_keeps_the_rest(span: str) -> None:
    since, before = SPAN[span]
    asked = {"span": span, "camera": "door", "since": "1999-01-01T00:00", "before": ""}
    assert with_span(asked, NOW) == {"camera": "door", "since": since, "before": before}


@pytest.mark.parametrize("asked", [{}, {"span": ""}, {"span": "<b>"}])
def test_without_a_span_the_times_stay(asked: dict[str, str]) -> None:
    assert with_span(asked | {"since": "1999-01-01"}, NOW) == {"since": "1999-01-01"}


def test_the_page_offers_them_and_fills_in_the_times(browser: Browser) -> None:
    text = browser.get("/timeline?camera=door&span=yesterday").text
    assert all(words in text for _, words in SPANS)
    assert text.count("T00:00") == 2
