"""Who is believed about who asks: forged and real X-Forwarded-* headers, and a real nginx."""

import shutil
import socket
import subprocess
import time
from pathlib import Path

import httpx
import msgspec
import pytest

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.security.secure import secure
from pipeline.web.security.users import Users
from tests.pipeline.web.security.site import PASSWORD, Browser, free_port, make_site, serve, token_in

FORGED = {
    "x-forwarded-for": "203.0.113.9",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "evil.example",
    "x-real-ip": "203.0.113.9",
    "forwarded": "for=203.0.113.9",
    "x-remote-user": "ada",
}
PROXY = "10.0.0.1"


def behind(settings: WebSettings, users: Users | None, *, peer: str) -> Browser:
    return Browser(secure(make_site(), settings, users=users), "http://127.0.0.1:8080", address=peer)


@pytest.fixture
def proxied(settings: WebSettings) -> WebSettings:
    return msgspec.structs.replace(
        settings, address="0.0.0.0:8080", trusted_proxies=("10.0.0.0/30", "2001:db8::/64"), hosts=("watch.example.org",)
    )


def test_nobody_but_a_proxy_is_believed(settings: WebSettings, users: Users) -> None:
    with behind(settings, users, peer="203.0.113.7") as browser:
        assert browser.get("/who", headers=FORGED).status_code == 401
        browser.log_in("vera", headers=FORGED)
        seen = browser.get("/who", headers=FORGED).json()
        assert (seen["name"], seen["client"], seen["url"]) == ("vera", "203.0.113.7", "http://127.0.0.1:8080/who")
        assert not {name for name in seen["headers"] if "forward" in name or "real" in name}
        assert users.audit.entries(limit=1)[0].details == {"address": "203.0.113.7"}


@pytest.mark.parametrize(
    ("hops", "client"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9", "203.0.113.9"),  # the browser wrote the first itself
        ("203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.2, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("evil, 10.0.0.2", "10.0.0.2"),
        ("<script>", PROXY),
        ("", PROXY),
        ("[2001:db8:9::1]:443", "2001:db8:9::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:1234", "203.0.113.9"),
    ],
)
def test_a_proxy_says_who_asks(proxied: WebSettings, users: Users, hops: str, client: str) -> None:
    with behind(proxied, users, peer=PROXY) as browser:
        browser.log_in("vera", headers={"x-forwarded-for": hops})
        assert browser.get("/who", headers={"x-forwarded-for": hops}).json()["client"] == client


def test_a_proxy_says_scheme_and_host(proxied: WebSettings, users: Users) -> None:
    headers = {"x-forwarded-proto": "https", "x-forwarded-host": "watch.example.org", "x-forwarded-for": "203.0.113.9"}
    with behind(proxied, users, peer=PROXY) as browser:
        answer = browser.get("/login", headers=headers)
        assert answer.headers["set-cookie"].startswith("__Host-glimpse_browser=")
        assert answer.headers["strict-transport-security"]
        evil = headers | {"x-forwarded-host": "evil.example"}
        assert browser.get("/login", headers=evil).status_code == 421
        assert browser.get("/login", headers=headers | {"x-forwarded-proto": "javascript"}).status_code == 200


def test_nobody_comes_around_the_proxy_in_plain_text(proxied: WebSettings, users: Users) -> None:
    with behind(proxied, users, peer="203.0.113.7") as browser:
        assert browser.get("/login", headers=FORGED).status_code == 403


def test_without_login_a_proxy_that_nobody_told_of_is_refused() -> None:
    """It would let everybody in as the local admin, where it sends its own Host."""
    with behind(WebSettings(), None, peer="127.0.0.1") as browser:
        assert browser.get("/who").status_code == 200
        for name in FORGED.keys() - {"x-remote-user"}:
            assert browser.get("/who", headers={name: FORGED[name]}).status_code == 403


@pytest.fixture
def single_sign_on(proxied: WebSettings) -> WebSettings:
    roles = {"ada": "admin", "*": "viewer"}
    return msgspec.structs.replace(proxied, accounts="", proxy_user_header="X-Remote-User", proxy_roles=roles)


def test_a_proxy_names_the_user(single_sign_on: WebSettings) -> None:
    with behind(single_sign_on, None, peer=PROXY) as browser:
        assert browser.get("/admin/users", headers={"x-remote-user": "ada"}).json()["name"] == "ada"
        seen = browser.get("/who", headers={"X-Remote-User": "eve"}).json()
        assert (seen["name"], seen["role"]) == ("eve", "viewer")
        assert "x-remote-user" not in seen["headers"]
        assert browser.get("/who").status_code == 401
        token = browser.get("/", headers={"x-remote-user": "ada"}).text[-66:-2]
        ada = {"x-remote-user": "ada"}
        assert browser.post("/change", headers=ada).status_code == 403
        assert browser.post("/change", headers=ada | {"x-csrf-token": token}).status_code == 200
        two = [("x-remote-user", "eve"), ("x-remote-user", "ada")]
        assert browser.get("/who", headers=two).status_code == 401


def test_only_a_proxy_names_the_user(single_sign_on: WebSettings, settings: WebSettings, users: Users) -> None:
    with behind(single_sign_on, None, peer="203.0.113.7") as browser:
        assert browser.get("/who", headers={"x-remote-user": "ada"}).status_code == 403
    loopback = msgspec.structs.replace(single_sign_on, address="127.0.0.1:8080")
    with behind(loopback, None, peer="127.0.0.1") as browser:
        assert browser.get("/who", headers={"x-remote-user": "ada"}).status_code == 401
    strict = msgspec.structs.replace(single_sign_on, proxy_roles={"ada": "admin"})
    with behind(strict, None, peer=PROXY) as browser:
        assert browser.get("/who", headers={"x-remote-user": "eve"}).status_code == 403


NGINX = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u;
  scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{front};
    location / {{
      proxy_pass http://127.0.0.1:{back};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_buffering off;
    }}
  }}
}}
"""


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("nginx", path="/usr/sbin:/usr/bin"), reason="no nginx (Debian: nginx-light)")
def test_behind_a_real_nginx(settings: WebSettings, users: Users, tmp_path: Path) -> None:
    front, back = free_port(), free_port()
    (tmp_path / "nginx.conf").write_text(NGINX.format(folder=tmp_path, front=front, back=back))
    served = msgspec.structs.replace(settings, address=f"127.0.0.1:{back}", trusted_proxies=("127.0.0.1",))
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    assert nginx
    with (
        serve(secure(make_site(), served, users=users), served),
        subprocess.Popen(
            [nginx, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")], stderr=subprocess.DEVNULL
        ) as proxy,
    ):
        _await_port(front)
        elsewhere = httpx.HTTPTransport(local_address="127.0.0.2")  # not the address of the proxy
        with httpx.Client(base_url=f"http://127.0.0.1:{front}", transport=elsewhere) as browser:
            token = token_in(browser.get("/login").text)
            form = {"name": "otto", "password": PASSWORD, "csrf": token}
            own = {"origin": f"http://127.0.0.1:{front}"}
            assert browser.post("/login", data=form, headers=own).status_code == 303
            forged = {"x-forwarded-for": "203.0.113.9", "x-remote-user": "ada"}
            seen = browser.get("/who", headers=forged).json()
            assert (seen["name"], seen["client"]) == ("otto", "127.0.0.2")
            assert seen["url"] == f"http://127.0.0.1:{front}/who"
            with browser.stream("GET", "/events") as stream:
                assert next(stream.iter_bytes())
        proxy.terminate()


def _await_port(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return
    pytest.fail("nginx did not start")
