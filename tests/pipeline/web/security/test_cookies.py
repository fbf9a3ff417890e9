"""Cookies of the page: for this host alone over TLS, and out of reach of scripts."""

from typing import Any

import pytest
from starlette.responses import Response

from pipeline.web.security.cookies import SESSION, clear_cookie, read_cookie, set_cookie


def scope(scheme: str, cookie: str = "") -> dict[str, Any]:
    return {"type": "http", "scheme": scheme, "headers": [(b"cookie", cookie.encode())] if cookie else []}


@pytest.mark.parametrize(("scheme", "name"), [("https", f"__Host-{SESSION}"), ("http", SESSION)])
def test_what_is_set_is_read_and_cleared(scheme: str, name: str) -> None:
    answer = Response()
    set_cookie(answer, scope(scheme), SESSION, "abc")
    line = answer.headers["set-cookie"]
    assert line.startswith(f"{name}=abc; ")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(line.split("; "))
    assert ("Secure" in line) is (scheme == "https")
    assert "Domain" not in line
    assert "expires" not in line.lower()
    assert "Max-Age" not in line
    assert read_cookie(scope(scheme, f"other=1; {name}=abc"), SESSION) == "abc"
    cleared = Response()
    clear_cookie(cleared, scope(scheme), SESSION)
    assert f"{name}=" in cleared.headers["set-cookie"]
    assert "Max-Age=0" in cleared.headers["set-cookie"]


def test_a_cookie_of_plain_http_counts_for_nothing_over_tls() -> None:
    assert read_cookie(scope("https", f"{SESSION}=planted"), SESSION) == ""
    assert read_cookie(scope("http"), SESSION) == ""
