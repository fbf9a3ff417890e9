"""How much room an installation takes on the disk, and which packages take most of it.

    python -m install.size .venv-camera

Counted are the files that pip unpacks: without compiled modules (`__pycache__`), whose number depends on use, and
without pip and setuptools, which install and do not run.
"""

import argparse
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from configs.markdown import table

LARGEST = 5
MEGABYTE = 1e6
INSTALLERS = ("pip", "setuptools", "wheel")


def main() -> int:
    """Print the largest packages of an environment and the sum of all."""
    parser = argparse.ArgumentParser(prog="python -m install.size", description=__doc__.splitlines()[0])
    parser.add_argument("environment", type=Path, help="folder of a virtual environment")
    folders = [str(folder) for folder in parser.parse_args().environment.glob("lib/python*/site-packages")]
    if not folders:
        parser.error("environment: expected the folder of a virtual environment, with lib/python*/site-packages")
    sizes = measure(found for found in distributions(path=folders) if found.name not in INSTALLERS)
    sys.stdout.write(f"{size_table(sizes)}\n")
    return 0


def measure(packages: Iterable[Distribution]) -> dict[str, int]:
    """Bytes of each package, by name."""
    return {package.name: sum(map(_size, _files(package))) for package in packages}


def size_table(sizes: Mapping[str, int]) -> str:
    """The largest packages and the sum, as a Markdown table in MB (10⁶ bytes)."""
    largest = sorted(sizes, key=lambda name: -sizes[name])[:LARGEST]
    rows = [[name, f"{sizes[name] / MEGABYTE:.0f}"] for name in largest]
    rows.append([f"all {len(sizes)} packages", f"{sum(sizes.values()) / MEGABYTE:.0f}"])
    return table(["package", "MB"], rows, align_right=True)


def closure(requirements: Iterable[str]) -> list[Distribution]:
    """The installed packages that these requirements need, and what those need in turn.

    Raises importlib.metadata.PackageNotFoundError for one that is not installed.
    """
    found: dict[str, Distribution] = {}
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if name not in found and (wanted.marker is None or wanted.marker.evaluate({"extra": ""})):
            found[name] = distribution(name)
            waiting += map(Requirement, found[name].requires or ())
    return list(found.values())


def _files(package: Distribution) -> Iterable[Path]:
    listed = (file for file in package.files or () if file.suffix != ".pyc")
    return (Path(str(package.locate_file(file))) for file in listed)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


if __name__ == "__main__":
    raise SystemExit(main())
