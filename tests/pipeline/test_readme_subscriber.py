"""The ten-line subscriber that README.md and docs/events.md show is run as it stands there."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.bus.publisher import Publisher
from tests.synthetic.events import identity, until

ROOT = Path(__file__).parents[2]
MARKER = "<!-- subscriber -->"


def block(document: str) -> str:
    """The Python block that follows the marker."""
    path = ROOT / document
    if document == "README.md" and (not path.exists() or MARKER not in path.read_text(encoding="utf-8")):
        pytest.skip("README.md shows no subscriber yet")
    after = path.read_text(encoding="utf-8").split(MARKER, 1)[1].lstrip()
    assert after.startswith("```python\n"), f"{document}: no python block follows {MARKER}"
    return after.removeprefix("```python\n").split("```", 1)[0]


@pytest.mark.parametrize("document", ["docs/events.md", "README.md"])
def test_the_ten_lines_print_who_was_named(document: str) -> None:
    code = block(document)
    assert len(code.strip().splitlines()) <= 10
    with closing(Publisher("tcp://127.0.0.1:*", node="node", epoch="e1")) as publisher:
        command = [sys.executable, "-c", code, publisher.address]
        environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
        with subprocess.Popen(command, cwd="/", stdout=subprocess.PIPE, env=environment) as process:
            assert process.stdout
            os.set_blocking(process.stdout.fileno(), False)
            try:
                said: list[bytes] = []
                until(
                    lambda: (line := process.stdout.readline()) != b"" and (said.append(line) or True),
                    poke=lambda: publisher.on_event(identity(0, person="李雷")),
                )
            finally:
                process.kill()
    assert "door" in said[0].decode()
    assert "named" in said[0].decode()
    assert "李雷" in said[0].decode()
