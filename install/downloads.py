"""How much `make demo`, `make test` and the others download: `python -m install.downloads write`.

For each locked package, the index says how long the file is that pip takes on this machine. The result is
requirements/downloads.md; the Makefile prints its rows. Needs uv and a package index.
"""

import argparse
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from packaging.markers import Marker
from packaging.tags import sys_tags
from packaging.utils import parse_wheel_filename

from configs.markdown import table
from install.index import File, Pin, read_lock, release_files

ROOT = Path(__file__).parents[1]
LOCKS = {
    "serving": "serving",
    "serving-headless": "serving-headless",
    "demo": "demo",
    "test-serving": "test",
    "test": "dev",
}
TORCH = "torch>=2.6\ntorchvision>=0.21\n"
MEGABYTE = 1e6
HEAD = """\
# Downloads

Made by `python -m install.downloads write` on {date} with Python {python} on {machine}; do not edit.
torch is the build that the package index gives by default: on Linux, the one for GPUs.

"""


def main() -> int:
    """Print the page, or write it."""
    parser = argparse.ArgumentParser(prog="python -m install.downloads", description=__doc__.splitlines()[0])
    parser.add_argument("write", nargs="?", choices=["write"], help="write requirements/downloads.md")
    parser.add_argument("--uv", default=str(Path(sys.executable).with_name("uv")), help="the program uv")
    options = parser.parse_args()
    machine = f"{sys.platform} {platform.machine()}"
    page = HEAD.format(date=time.strftime("%Y-%m-%d"), python=platform.python_version(), machine=machine)
    rows = [_row(name, read_lock(ROOT / "requirements" / f"{lock}.txt")) for name, lock in LOCKS.items()]
    page += table(["environment", "files", "MB"], [*rows, _row("torch", _resolve(TORCH, options.uv))]) + "\n"
    if options.write:
        (ROOT / "requirements" / "downloads.md").write_text(page, encoding="utf-8")
    else:
        sys.stdout.write(page)
    return 0


def _row(name: str, pins: Iterable[Pin]) -> list[str]:
    here = [pin for pin in pins if not pin.marker or Marker(pin.marker).evaluate()]
    sizes = [choose_file(release_files(pin)).size for pin in here]
    return [name, str(len(sizes)), f"{sum(sizes) / MEGABYTE:.0f}"]


def choose_file(files: Iterable[File]) -> File:
    """The file of a release that pip takes on this machine: the wheel whose tag comes first, or the source."""
    order = {tag: rank for rank, tag in enumerate(sys_tags())}

    def rank(file: File) -> int:
        if not file.name.endswith(".whl"):
            return len(order)
        return min(order.get(tag, len(order) + 1) for tag in parse_wheel_filename(file.name)[3])

    return min(files, key=rank)


def _resolve(requirements: str, uv: str) -> list[Pin]:
    """What these requirements need, in the newest releases."""
    with tempfile.TemporaryDirectory() as folder:
        lock = Path(folder) / "lock.txt"
        command = [uv, "pip", "compile", "--quiet", "--no-config", "--no-header", "--no-annotate", "-o", str(lock), "-"]
        subprocess.run(command, input=requirements, text=True, check=True)
        return list(read_lock(lock))


if __name__ == "__main__":
    raise SystemExit(main())
