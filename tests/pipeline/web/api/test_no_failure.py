"""Whatever stands in an address is answered or refused with problem details; nothing makes the page fail."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.api.openapi import make_document
from pipeline.web.api.routes import ENDPOINTS
from pipeline.web.app import make_app
from pipeline.web.security.secure import secure
from tests.pipeline.web.api.rooms import make_api_room
from tests.pipeline.web.security.site import Browser

PATHS = make_document(ENDPOINTS)["paths"]
READING = sorted(path for path, methods in PATHS.items() if "get" in methods and path != "/api/v1/events")
ODD = ["nan", "inf", "-inf", "1e999", "-1", "9" * 30, "\0", "\ud800", "%", "1_2", "nan_1", "1_" + "9" * 19, "unknown-0"]
ODD += ["2026-11-27", "9999-12-31T23:59:59", "0001-01-01", "true", "", " ", "'; --", "../x"]
VALUES = st.sampled_from(ODD) | st.text(max_size=12) | st.integers().map(str) | st.floats().map(str)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    room = make_api_room(Path(tmp_path_factory.mktemp("room")))
    with Browser(secure(make_app(room), WebSettings(requests_per_minute=1_000_000))) as opened:
        yield opened


@pytest.mark.parametrize("path", READING)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_odd_values(browser: Browser, path: str, data: st.DataObject) -> None:
    told = PATHS[path]["get"]
    names = [one["name"] for one in told["parameters"] if one["in"] == "query"]
    chosen = data.draw(st.dictionaries(st.sampled_from([*names, "x"]), VALUES, max_size=3)) if names else {}
    for name in [one["name"] for one in told["parameters"] if one["in"] == "path"]:
        path = path.replace(f"{{{name}}}", _quoted(data.draw(VALUES.filter(lambda text: text not in ("", ".", "..")))))
    query = "&".join(f"{name}={_quoted(value)}" for name, value in chosen.items())
    answer = browser.get(f"{path}?{query}")
    assert answer.status_code in (200, 400, 404), answer.text
    assert answer.status_code == 200 or answer.headers["content-type"] in ("application/problem+json",)


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="surrogatepass")
