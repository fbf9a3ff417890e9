"""Sends forms as a browser does, and reads what the page tells of them."""

import html
import re
from typing import Any

import httpx

from pipeline.history.audit import AuditEntry
from pipeline.web.room import Room
from tests.pipeline.web.security.site import Browser


def send(browser: Browser, path: str, *, page: str = "/search", files: Any = None, **fields: Any) -> httpx.Response:
    """Send a form with the token of a page; returns the page that tells what became of it."""
    data = {"csrf": browser.token(page), **fields}
    return browser.post(path, data=data, files=files, follow_redirects=True)


def told(answer: httpx.Response) -> str:
    """What a page tells of the last change, without markup; empty for nothing."""
    found = re.search(r'<div class="told.*?</div>', answer.text, re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", found[0])).split()) if found else ""


def undo_entry(answer: httpx.Response) -> str:
    """What the undo of a page would send."""
    return re.findall(r'name="entry" value="([\d,]+)"', answer.text)[0]


def audit_of(room: Room) -> list[AuditEntry]:
    """The audit log, the newest entry first."""
    with room.desk("test") as desk:
        return desk.log.entries()
