"""How much `make demo`, `make test` and the others download: `python -m install.downloads write`.

pip says which files it would fetch on this machine for this Python (`pip install --dry-run --report`), the server says
how long they are. The result is requirements/downloads.md; the Makefile prints its rows.
"""

import argparse
import json
import platform
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from configs.markdown import table

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "requirements" / "downloads.md"
LOCKS = {
    "serving": "serving",
    "serving-headless": "serving-headless",
    "demo": "demo",
    "test-serving": "test",
    "test": "dev",
}
TORCH = ["torch>=2.6", "torchvision>=0.21"]
MEGABYTE = 1e6
TIMEOUT_SECONDS = 60
HEAD = """\
# Downloads

Made by `python -m install.downloads write` on {date} with Python {python} on {machine}; do not edit. torch is the build
for GPUs that a package index gives by default.

"""


def main() -> int:
    """Print the page, or write it."""
    parser = argparse.ArgumentParser(prog="python -m install.downloads", description=__doc__.splitlines()[0])
    parser.add_argument("write", nargs="?", choices=["write"], help="write requirements/downloads.md")
    write = parser.parse_args().write
    page = HEAD.format(
        date=time.strftime("%Y-%m-%d"), python=platform.python_version(), machine=f"{sys.platform} {platform.machine()}"
    )
    rows = [_row(name, ["-r", f"requirements/{lock}.txt"]) for name, lock in LOCKS.items()]
    page += table(["environment", "files", "MB"], [*rows, _row("torch", TORCH)]) + "\n"
    PAGE.write_text(page, encoding="utf-8") if write else sys.stdout.write(page)
    return 0


def _row(name: str, arguments: list[str]) -> list[str]:
    sizes = [_length(url) for url in _files(arguments)]
    return [name, str(len(sizes)), f"{sum(sizes) / MEGABYTE:.0f}"]


def _files(arguments: list[str]) -> list[str]:
    """URLs of the files that pip would install."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--report", "-"]
    found = subprocess.run([*command, *arguments], cwd=ROOT, check=True, capture_output=True, text=True)
    return [entry["download_info"]["url"] for entry in json.loads(found.stdout)["install"]]


def _length(url: str) -> int:
    if urlsplit(url).scheme == "file":
        return Path(urllib.request.url2pathname(urlsplit(url).path)).stat().st_size
    asked = urllib.request.Request(url, method="HEAD")
    with urllib.request.urlopen(asked, timeout=TIMEOUT_SECONDS) as answer:
        return int(answer.headers["Content-Length"])


if __name__ == "__main__":
    raise SystemExit(main())
