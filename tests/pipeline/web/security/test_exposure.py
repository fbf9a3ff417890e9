"""Settings that would leave the page open to strangers are refused at start."""

from typing import Any

import msgspec
import pytest

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.security.exposure import check_exposure, split_address
from pipeline.web.security.secure import secure
from tests.pipeline.web.security.site import make_site

OPEN = {"address": "0.0.0.0:8080"}
ACCOUNTS, TLS, PROXIES = {"accounts": "a.db"}, {"certificate": "c", "key": "k"}, {"trusted_proxies": ("10.0.0.1",)}
SINGLE_SIGN_ON = PROXIES | {"proxy_user_header": "X-User", "proxy_roles": {"*": "viewer"}}


@pytest.mark.parametrize(
    "given",
    [
        {}, ACCOUNTS, TLS, {"address": "[::1]:8080"}, {"address": "localhost:0"}, OPEN | ACCOUNTS | TLS,
        OPEN | ACCOUNTS | PROXIES, OPEN | SINGLE_SIGN_ON, ACCOUNTS | PROXIES, {"address": "127.8.8.8:80"},
    ],
)  # fmt: skip
def test_these_may_start(given: dict[str, Any]) -> None:
    check_exposure(WebSettings(**given))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (OPEN, "needs accounts; make one with `glimpse accounts add"),
        (OPEN | TLS, "needs accounts"),
        (OPEN | ACCOUNTS, "needs TLS; set web.certificate"),
        ({"address": "[::]:8080"}, "needs accounts"),
        ({"address": "192.168.1.5:8080"}, "needs accounts"),
        ({"address": "camera-box:8080"}, "needs accounts"),
        ({"address": "127.0.0.1.evil.example:80"}, "needs accounts"),
        (PROXIES, "needs accounts"),
        ({"certificate": "c"}, "expected both or none"),
        ({"proxy_user_header": "X-User", "proxy_roles": {"*": "viewer"}}, "expected web.trusted_proxies"),
        (PROXIES | {"proxy_user_header": "X-User"}, "expected both or none"),
        (ACCOUNTS | {"trusted_proxies": ("proxy.example",)}, "expected an address or network"),
        ({"address": "127.0.0.1"}, "expected HOST:PORT"),
        ({"address": "127.0.0.1:99999"}, "expected HOST:PORT"),
        ({"address": "::1:8080"}, "expected HOST:PORT"),
        ({"address": ""}, "expected HOST:PORT"),
    ],
)
def test_these_may_not(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        check_exposure(WebSettings(**given))


def test_accounts_that_nobody_opened_are_no_open_page() -> None:
    with pytest.raises(ValueError, match=r"expected the accounts of a\.db to be open"):
        secure(make_site(), WebSettings(accounts="a.db"))


def test_an_address_is_taken_apart() -> None:
    assert split_address("[::1]:8080") == ("::1", 8080)
    assert split_address("camera-box:1") == ("camera-box", 1)


def test_a_role_that_does_not_exist_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"proxy_roles": {"ada": "root"}}, WebSettings)
