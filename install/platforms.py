"""Which platforms every package of a camera box has wheels for: `python -m install.platforms write`.

Asks the package index about each release of requirements/serving.txt and writes docs/platforms.md. Needs an index.
"""

import argparse
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import Marker
from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from configs.markdown import table
from install.index import File, Pin, read_lock, release_files

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "platforms.md"
LOCK = ROOT / "requirements" / "serving.txt"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform by the marks of its wheels: how a tag begins, and how it ends."""

    name: str
    system: str
    prefix: str
    ends: tuple[str, ...]


PLATFORMS = (
    Platform("Linux x86_64", "linux", "manylinux", ("x86_64",)),
    Platform("Linux aarch64", "linux", "manylinux", ("aarch64",)),
    Platform("macOS arm64", "darwin", "macosx", ("arm64", "universal2")),
    Platform("Windows x86_64", "win32", "win_amd64", ("amd64",)),
)
HEAD = """\
# Platforms

Made by `python -m install.platforms write` on {date} from the files that the package index lists for the releases in
`requirements/serving.txt`; do not edit. A cell names the versions of Python with a wheel, *all* for {pythons}; `source`
means that pip would compile the package, and `none` that there is not even a source.

"""
TAIL = """

| platform | what was tried |
| --- | --- |
| Linux x86_64 | Debian 12: all tests on 3.11, some on 3.12. Debian 13: installed and started on 3.13. 3.14: not tried |
| Linux aarch64 | not tried: there was no such machine. Wheels are there where the table says so |
| macOS | not tried. Streams, recordings and reports use nothing that only Linux has; webcams need Linux |
| Windows | does not start: it needs file locks of POSIX. In WSL: not tried |
| Docker | the image was not built. Its steps ran in a clean Debian 13 by `install/chroot.sh` |
"""


def main() -> int:
    """Print the page, or write it."""
    parser = argparse.ArgumentParser(prog="python -m install.platforms", description=__doc__.splitlines()[0])
    parser.add_argument("write", nargs="?", choices=["write"], help="write docs/platforms.md")
    write = parser.parse_args().write
    pins = sorted({pin.name for pin in read_lock(LOCK) if "pypy" not in pin.marker})
    rows = [_row(name, [pin for pin in read_lock(LOCK) if pin.name == name]) for name in pins]
    heads = ["package", *(platform.name for platform in PLATFORMS)]
    page = HEAD.format(date=time.strftime("%Y-%m-%d"), pythons=", ".join(PYTHONS)) + table(heads, rows) + TAIL
    if write:
        PAGE.write_text(page, encoding="utf-8")
    else:
        sys.stdout.write(page)
    return 0


def _row(name: str, pins: list[Pin]) -> list[str]:
    return [name, *(_cell([_support(pins, version, platform) for version in PYTHONS]) for platform in PLATFORMS)]


def _cell(support: list[str]) -> str:
    """Versions of Python by what there is for them."""
    kinds = {
        kind: [version for version, found in zip(PYTHONS, support, strict=True) if found == kind]
        for kind in dict.fromkeys(support)
    }
    if list(kinds) == ["wheel"]:
        return "all"
    return "; ".join(
        f"{', '.join(versions)}{'' if kind == 'wheel' else f': {kind}'}" for kind, versions in kinds.items()
    )


def _support(pins: list[Pin], python: str, platform: Platform) -> str:
    """`wheel`, `source`, `none`, or `not needed`, for one Python on one platform."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": platform.system,
        "implementation_name": "cpython",
    }
    needed = [pin for pin in pins if not pin.marker or Marker(pin.marker).evaluate(environment)]
    if not needed:
        return "not needed"
    return kind_of(release_files(needed[0]), python, platform)


def kind_of(files: Iterable[File], python: str, platform: Platform) -> str:
    """`wheel` where one of a release's files fits, else `source` where there is one, else `none`."""
    names = [file.name for file in files]
    if any(fits(tag, python, platform) for name in names for tag in _tags(name)):
        return "wheel"
    return "source" if any(name.endswith((".tar.gz", ".zip")) for name in names) else "none"


def fits(tag: Tag, python: str, platform: Platform) -> bool:
    """Whether a wheel with this tag runs under CPython `python` ("3.14") on a platform."""
    minor = int(python.split(".")[1])
    own = tag.interpreter == f"cp3{minor}" and tag.abi in (f"cp3{minor}", "abi3", "none")
    stable = tag.abi == "abi3" and tag.interpreter[:3] == "cp3" and int(tag.interpreter[3:] or 0) <= minor
    pure = tag.interpreter in ("py3", f"py3{minor}") and tag.abi == "none"
    return (own or stable or pure) and (
        tag.platform == "any" or (tag.platform.startswith(platform.prefix) and tag.platform.endswith(platform.ends))
    )


def _tags(name: str) -> Iterable[Tag]:
    try:
        return parse_wheel_filename(name)[3]
    except InvalidWheelFilename:
        return ()


if __name__ == "__main__":
    raise SystemExit(main())
