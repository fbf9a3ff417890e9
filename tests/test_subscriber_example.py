"""The ten-line subscriber in docs/events.md runs as it stands there."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from pipeline.bus.publisher import Publisher
from tests.synthetic.events import identity, until

PAGE = Path(__file__).parents[1] / "docs" / "events.md"
MARKER = "<!-- subscriber -->"


def block() -> str:
    """The Python block that follows the marker."""
    after = PAGE.read_text(encoding="utf-8").split(MARKER, 1)[1].lstrip()
    assert after.startswith("```python\n"), f"{PAGE}: no Python block follows {MARKER}"
    return after.removeprefix("```python\n").split("```", 1)[0]


def test_the_ten_lines_print_who_was_named() -> None:
    code = block()
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
