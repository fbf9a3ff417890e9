"""Every block of Python in README.md and docs/ runs as it stands there."""

import os
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pipeline.alerts.webhooks.signature import read_keys, sign
from pipeline.bus.publisher import Publisher
from pipeline.erase.__main__ import main as erase
from tests.synthetic.events import identity, until
from tests.synthetic.portraits import write_group, write_portrait_clip

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
ADDRESS = "tcp://127.0.0.1:5556"
SUBSCRIBER = "<!-- subscriber -->"


def python_blocks(page: Path) -> list[str]:
    """The blocks of Python of a page, each with as many empty lines before it as the page has, so that errors fit."""
    found = re.finditer(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return ["\n" * match.string.count("\n", 0, match.start(1)) + match[1] for match in found]


def run_block(page: Path, block: str, namespace: dict[str, object]) -> None:
    exec(compile(block, str(page), "exec"), namespace)


def test_the_blocks_of_each_page_are_run_below() -> None:
    pages = {path.relative_to(DOCS).as_posix(): len(python_blocks(path)) for path in DOCS.glob("**/*.md")}
    library = pages.pop("library.md")
    assert library > 10
    assert {page: count for page, count in pages.items() if count} == {
        "erasing.md": 1,
        "events.md": 2,
        "reliability.md": 1,
        "webhooks.md": 1,
    }
    assert python_blocks(ROOT / "README.md") == []


@pytest.mark.timeout(120)
def test_every_block_of_the_library_page_runs_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In order and in one namespace, where its pictures and its clip are; the clip stands for the camera."""
    page = DOCS / "library.md"
    faces = DOCS / "faces"
    monkeypatch.chdir(tmp_path)
    for name in ("Ada", "Ben", "Cleo", "Hedy"):
        (tmp_path / f"{name.lower()}.jpg").write_bytes((faces / f"{name}.jpg").read_bytes())
    write_group(tmp_path / "group.jpg", "Ada", "Hedy", "Ben")
    (tmp_path / "album").mkdir()
    write_group(tmp_path / "album" / "group.png", "Ada", "Hedy")
    for picture, name in (("known/Ada/small.png", "Ada"), ("others/small.png", "Hedy")):
        (tmp_path / picture).parent.mkdir(parents=True)
        write_group(tmp_path / picture, name, side=160)
    write_portrait_clip(tmp_path / "clip.mp4", "Ada", "Hedy", seconds=1.5)
    namespace: dict[str, object] = {}
    blocks = python_blocks(page)
    assert len(blocks) > 10
    for block in blocks:
        run_block(page, re.sub(r"rtsp://[^\"]*", "clip.mp4", block), namespace)


def test_the_ten_lines_of_the_events_page_are_a_subscriber() -> None:
    after = (DOCS / "events.md").read_text(encoding="utf-8").split(SUBSCRIBER, 1)[1].lstrip()
    [block, _] = python_blocks(DOCS / "events.md")
    assert after.startswith("```python\n" + block.lstrip())
    assert len(block.strip().splitlines()) <= 10


@pytest.mark.parametrize("block", python_blocks(DOCS / "events.md"), ids=["socket", "client"])
def test_the_subscribers_of_the_events_page_print_who_was_named(block: str) -> None:
    with closing(Publisher("tcp://127.0.0.1:*", node="node", epoch="e1")) as publisher:
        command = [sys.executable, "-u", "-c", block.replace(ADDRESS, publisher.address)]
        environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(command, cwd="/", stdout=subprocess.PIPE, env=environment) as process:
            assert process.stdout
            os.set_blocking(process.stdout.fileno(), False)
            said: list[bytes] = []
            try:
                until(
                    lambda: (line := process.stdout.readline()) != b"" and (said.append(line) or True),
                    poke=lambda: publisher.on_event(identity(0, person="李雷")),
                )
            finally:
                process.kill()
    assert said[0].decode().split()[:3] == ["door", "named", "李雷"]


def test_whoever_knows_the_name_can_show_that_it_was_erased(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    erase(["Ada Lovelace", "."])
    capsys.readouterr()
    [block] = python_blocks(DOCS / "erasing.md")
    run_block(DOCS / "erasing.md", block, {})
    assert capsys.readouterr().out == "True\n"


def test_the_check_of_the_webhooks_page_knows_what_is_genuine(capsys: pytest.CaptureFixture[str]) -> None:
    [block] = python_blocks(DOCS / "webhooks.md")
    namespace: dict[str, Any] = {}
    run_block(DOCS / "webhooks.md", block, namespace)
    assert capsys.readouterr().out == "True\n"
    secret, body, now = namespace["secret"], b'{"type":"alert.raised"}', 1_000_000
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(now)}
    headers["webhook-signature"] = sign(read_keys(secret), "msg_1", now, body)
    is_genuine = namespace["is_genuine"]
    assert is_genuine(secret, headers, body, now + 60)
    assert not is_genuine(secret, headers, body + b" ", now)
    assert not is_genuine(secret, headers, body, now + 301)
    assert not is_genuine("whsec_" + "QUJD" * 8, headers, body, now)


@pytest.mark.timeout(60)
def test_a_short_script_of_the_simulation_plays() -> None:
    [block] = python_blocks(DOCS / "reliability.md")
    run_block(DOCS / "reliability.md", block, {})
