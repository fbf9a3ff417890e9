"""Zones and masks that are drawn in the page arrive in the file."""

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest

from configs.strict_yaml import parse_yaml
from tests.pipeline.web.pages.site import SITE, Site
from tests.pipeline.web.security.site import Browser

PAGE = "/admin/cameras/door/areas"
TRIANGLE = [[0.1, 0.1], [0.5, 0.123456], [0.5, 0.5]]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def send(browser: Browser, **areas: Any) -> Any:
    text = browser.get(PAGE).text
    digest = re.search(r'data-digest="(\w+)"', text)
    token = re.search(r'name="csrf" content="(\w+)"', text)
    assert digest
    assert token
    body = {"digest": digest[1], "zones": {}, "masks": [], "roi": []} | areas
    return browser.post(PAGE, json=body, headers={"x-csrf-token": token[1]})


def test_the_page_has_what_is_in_the_file(site: Site) -> None:
    with site.browser() as browser:
        text = browser.get(PAGE).text
    found = re.search(r'data-areas="([^"]*)"', text)
    assert found
    masks = [[[0, 0], [1, 0], [1, 0.2]]]
    assert json.loads(html.unescape(found[1])) == {"zones": {}, "masks": masks, "roi": []}


def test_what_is_drawn_is_saved_with_all_else_kept(site: Site) -> None:
    with site.browser() as browser:
        answer = send(browser, zones={"the <till>": TRIANGLE}, roi=TRIANGLE)
        assert answer.status_code == 200
    text = site.path.read_text()
    camera = parse_yaml(text)["cameras"][0]
    rounded = [[0.1, 0.1], [0.5, 0.1235], [0.5, 0.5]]
    assert (camera["zones"], camera["masks"], camera["roi"]) == ({"the <till>": rounded}, [], rounded)
    for kept in ("# at the street", "hunter22@10.0.0.2/main   # Hikvision", "# one in a thousand"):
        assert kept in text
    assert site.notes == [("ida", "areas changed", "door", {"zones": "1", "masks": "0", "region": "True"})]


@pytest.mark.parametrize(
    "areas",
    [
        {"zones": {"a": TRIANGLE[:2]}},
        {"masks": [[[0, 0], [2, 0], [1, 1]]]},
        {"zones": {"a\nb": TRIANGLE}},
        {"zones": {"": TRIANGLE}},
        {"masks": "all"},
        {"masks": [[]] * 101},
        {"roi": [[0.1, 0.2, 0.3]]},
        {"more": 1},
    ],
)
def test_what_no_camera_can_have_is_refused_with_a_sentence(site: Site, areas: dict[str, Any]) -> None:
    with site.browser() as browser:
        answer = send(browser, **areas)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")
    assert site.path.read_text() == SITE


def test_two_who_draw_at_once_do_not_undo_each_other(site: Site) -> None:
    with site.browser() as browser:
        assert send(browser, digest="0" * 64, zones={"a": TRIANGLE}).status_code == 409
    assert site.path.read_text() == SITE


def test_a_camera_that_is_not_in_the_file_is_said(site: Site) -> None:
    with site.browser() as browser:
        answer = browser.get("/admin/cameras/other/areas")
    assert answer.status_code == 404
