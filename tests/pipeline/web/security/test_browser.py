"""A real browser logs in and out: forms work with every header in place, and nothing breaks the policy."""

import shutil
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import sync_playwright

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.app import make_app
from pipeline.web.room import Room
from pipeline.web.security.secure import secure
from pipeline.web.security.users import Users
from tests.pipeline.web.security.site import PASSWORD, free_port, serve
from tests.pipeline.web.security.test_tls import make_certificate

CHROMIUM = shutil.which("chromium")
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
).split()


@pytest.mark.slow
@pytest.mark.timeout(90)
@pytest.mark.skipif(not CHROMIUM, reason="no chromium")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_person_logs_in_and_out(settings: WebSettings, users: Users, tmp_path: Path, scheme: str) -> None:
    port = free_port()
    certificate, key = map(str, make_certificate(tmp_path)) if scheme == "https" else ("", "")
    served = msgspec.structs.replace(settings, address=f"127.0.0.1:{port}", certificate=certificate, key=key)
    room, complaints = Room(), []
    app = secure(make_app(room), served, users=users, watch_seconds=0.1)
    with serve(app, served, on_exit=room.live.hub.close), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(ignore_https_errors=True)
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.goto(f"{scheme}://localhost:{port}/timeline?person=Ada")
        assert "/login?next=" in page.url
        assert not [text for text in complaints if "Content Security Policy" in text]
        page.get_by_label("Name").fill("vera")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/timeline?person=Ada")
        page.goto(f"{scheme}://localhost:{port}/")
        assert page.evaluate("document.cookie") == ""  # no script sees them
        page.get_by_role("button", name="Log out").click()
        page.wait_for_url("**/login")
        page.go_back()
        page.wait_for_url("**/login?next=**")  # not from the browser's memory
        browser.close()
    assert not [text for text in complaints if "Content Security Policy" in text]
    assert [entry.action for entry in users.audit.entries(limit=2)] == ["logged out", "logged in"]
