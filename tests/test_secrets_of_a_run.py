"""Nothing that a run prints, writes or publishes holds a camera's password, whatever characters that has.

A real run, in its own process: cameras that accept the login, refuse it, redirect elsewhere and are not there; every
output at once. Then everything is searched, in each form in which a library may have written a secret.
"""

import json
import re
import sqlite3
from base64 import b64encode
from collections.abc import Iterator
from hashlib import md5
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from tests.synthetic.node import Listener, running
from tests.synthetic.rtsp import rtsp_server
from tests.synthetic.world import World, write_config

USER = "viewer"
# Each with a part that stands by itself where the password is cut at one of its odd characters.
PASSWORDS = {
    "query": "qwert11?zxcvb12=poiuy13#mnbvc14",
    "url": "asdfg21@hjkl22:tyuio23/bnmnb24&lö9;ghjkl25",
    "escapes": "rtyui31%41\\nyhnji32\"uijko33'iolkj34",
    "script": "пароль-日本-ключ9",
    "space": "abcde41 cdefg42 efghi43",
    "digits": "83615027",
}
PARTS = [*re.findall(r"[^\W_]{6,}", " ".join(PASSWORDS.values())), "t0ken-of-query", "sn4mp-community"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"), seconds=2, size=(160, 120), face_px=(14, 24))


def forms(secret: str) -> Iterator[bytes]:
    """How a secret may stand in an output."""
    for text in (secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1], repr(secret)[1:-1]):
        yield text.encode()
    yield quote(secret, safe="").lower().encode()
    yield b64encode(f"{USER}:{secret}".encode())
    yield md5(f"{USER}:synthetic:{secret}".encode()).hexdigest().encode()


def leaks(data: bytes) -> list[bytes]:
    secrets = [*PASSWORDS.values(), *PARTS]
    return sorted({form for secret in secrets for form in forms(secret) if form in data})


def content(folder: Path) -> bytes:
    """Every file of a folder with its name, and what databases hold in their log."""
    for database in folder.rglob("*.db"):
        sqlite3.connect(database).execute("PRAGMA wal_checkpoint").close()
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return b"".join(str(path).encode() + path.read_bytes() for path in files)


@pytest.mark.slow
@pytest.mark.timeout(150)
def test_a_run_shows_no_password(world: World, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    bus = f"ipc://{tmp_path}/bus"
    environment = {f"PASSWORD_{name.upper()}": value for name, value in PASSWORDS.items()}
    environment["QUERY_TOKEN"] = "t0ken-of-query"
    with rtsp_server({"door": world.clip}, user=USER, password=PASSWORDS["query"]) as server:
        cameras = [
            {"name": name, "source": server.url("door", password=f"${{env:PASSWORD_{name.upper()}}}")}
            for name in PASSWORDS
        ]
        quoted = server.url("door", password=quote(PASSWORDS["query"], safe=""))
        cameras += [
            {"source": quoted},
            {"source": f"{quoted}?token=t0ken-of-query&stream=1"},
            {"source": f"rtsp://{USER}:${{env:PASSWORD_URL}}@127.0.0.1:9/gone?auth=${{env:QUERY_TOKEN}}"},
            {"source": f"http://{USER}:${{env:PASSWORD_ESCAPES}}@127.0.0.1:9/video?pw=${{env:QUERY_TOKEN}}"},
            {"source": f"rtmp://{USER}:${{env:PASSWORD_SPACE}}@127.0.0.1:9/live/${{env:QUERY_TOKEN}}"},
            {"source": "srt://127.0.0.1:9?passphrase=${env:PASSWORD_URL}&streamid=${env:QUERY_TOKEN}"},
            {"source": f"http://127.0.0.1:{server.port}/a.mp4?sn4mp=sn4mp-community&k=${{env:PASSWORD_SCRIPT}}"},
        ]
        site = write_config(
            tmp_path / "site.yaml",
            world.settings(
                cameras=cameras,
                defaults={"connect_seconds": 2.0, "stall_seconds": 1.0},
                events={"bind": bus, "outbox": str(out / "outbox.db")},
            ),
        )
        flags = ["--config", site, "--report", out / "report", "--save-video", "--events", out / "events.jsonl"]
        with (
            Listener(bus) as listener,
            running(tmp_path, *flags, "--duration", "6", "--log-level", "debug", **environment) as node,
        ):
            command_line = Path(f"/proc/{node.process.pid}/cmdline").read_bytes()
            node.end()
            listener.drain()
    live = {event["camera"] for event in listener.events if event.get("state") == "live"}
    assert "query" in live, node.output
    assert len(PASSWORDS) < len({event["camera"] for event in listener.events if event["camera"]})
    assert leaks(node.output.encode()) == []
    assert leaks(json.dumps(listener.events, ensure_ascii=False).encode()) == []
    assert leaks(command_line) == []
    assert leaks(content(out)) == []
