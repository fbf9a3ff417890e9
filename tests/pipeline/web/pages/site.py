"""A configuration file that pages change, and who changes it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.settings.file.config_file import ConfigFile
from pipeline.settings.rooms.web import WebSettings
from pipeline.web.app import make_app
from pipeline.web.room import Room
from pipeline.web.security.roles import Role, User
from pipeline.web.security.secure import secure
from tests.pipeline.web.security.site import Browser, token_in

SITE = """\
# The shop.
decision:
  false_alarm: 0.001   # one in a thousand
cameras:
  # at the street
  - name: door
    source: rtsp://user:hunter22@10.0.0.2/main   # Hikvision
    masks: [[[0, 0], [1, 0], [1, 0.2]]]
  - name: till
    source: rtsp://10.0.0.3/main
"""


class Site:
    """A room with a file. notes: the entries of its audit log."""

    def __init__(self, folder: Path, **parts: Any) -> None:
        self.path = folder / "site.yaml"
        self.path.write_text(SITE)
        self.notes: list[tuple[str, str, str, dict[str, str]]] = []
        self.room = Room(config=ConfigFile(self.path), note=self._note, **parts)

    def _note(self, *, by: str, action: str, target: str, details: Mapping[str, str]) -> None:
        self.notes.append((by, action, target, dict(details)))

    @contextmanager
    def browser(self, role: Role = Role.ADMIN) -> Iterator[Browser]:
        """A browser of somebody with that role."""
        settings = WebSettings(requests_per_minute=100_000, proxy_roles={"ida": role.word}, **PROXY)
        with Browser(secure(make_app(self.room), settings)) as opened:
            opened.client.headers["x-remote-user"] = "ida"
            yield opened


PROXY: dict[str, Any] = {"proxy_user_header": "X-Remote-User", "trusted_proxies": ("127.0.0.1",)}
IDA = User("ida", Role.ADMIN)


def fields(browser: Browser, page: str) -> dict[str, str]:
    """What the forms of a page send unchanged."""
    import re

    text = browser.get(page).text
    found = re.search(r'name="digest" value="([0-9a-f]{64})"', text)
    assert found
    return {"csrf": token_in(text), "digest": found[1]}
