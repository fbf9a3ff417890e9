"""The timeline: pages that follow each other, filters, and addresses that nobody meant."""

import re

import pytest

from tests.pipeline.web.security.site import Browser

PAGE = 48


def tracks_in(text: str) -> list[int]:
    return [int(found) for found in re.findall(r'href="/tracks/(\d+)"', text)]


def more_in(text: str) -> str | None:
    found = re.search(r'hx-get="([^"]+)"', text)
    return found[1].replace("&amp;", "&") if found else None


def test_scrolling_shows_each_track_once_the_newest_first(browser: Browser) -> None:
    first = browser.get("/timeline").text
    more = more_in(first)
    assert more
    rest = browser.get(more, headers={"HX-Request": "true"}).text
    assert tracks_in(first) + tracks_in(rest) == list(range(60, 0, -1))
    assert "<html" not in rest
    assert more_in(rest) is None


def test_without_a_script_the_next_page_is_a_whole_page(browser: Browser) -> None:
    more = more_in(browser.get("/timeline").text)
    assert more
    assert "<html" in browser.get(more).text


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("person=Ada", 10),
        ("person=Ada&camera=door", 10),
        ("person=Ada&camera=till", 0),
        ("camera=yard", 20),
        ("state=unknown", 20),
        ("min_px=40", 0),
        ("min_px=38&max_px=40&camera=door&state=named", 20),
        ("before=1999-01-01", 0),
        ("since=1999-01-01&person=Ben", 10),
        ("group=unknown-1", 0),
        ("person=&state=&since=&max_px=&camera=till", 20),
    ],
)
def test_filters(browser: Browser, query: str, count: int) -> None:
    answer = browser.get(f"/timeline?{query}")
    assert answer.status_code == 200
    assert len(tracks_in(answer.text)) == count


def test_a_filter_holds_on_the_next_page(browser: Browser) -> None:
    more = more_in(browser.get("/timeline?since=1999-01-01").text)
    assert more
    assert "since=1999-01-01" in more


@pytest.mark.parametrize(
    "query",
    [
        "state=nobody",
        "since=yesterday",
        "since=99999999-01-01",
        "min_px=nan",
        "min_px=-1",
        "max_px=1e9",
        "group=Ada",
        "after=1",
        "after=1_x",
        "after=nan_1",
        "after=1_99999999999999999999",
        f"person={'x' * 201}",
        "camera=%00",
    ],
)
def test_what_nobody_meant_is_named(browser: Browser, query: str) -> None:
    answer = browser.get(f"/timeline?{query}")
    assert answer.status_code == 400
    assert "expected" in answer.text
