"""Where the pages of the documentation lie on this machine: in a clone, or where the wheel has installed them."""

from functools import lru_cache
from importlib import metadata
from pathlib import Path

DISTRIBUTION = "glimpse-faces"
INSTALLED = ("share", "doc", DISTRIBUTION)  # below the prefix of the environment, as pyproject.toml says
_ROOT = Path(__file__).resolve().parents[1]


def find_page(name: str) -> str:
    """What messages call a page, such as `legal.md`: its path, or its name where none is installed."""
    folder = find_pages()
    path = folder / name if folder else None
    return str(path) if path and path.exists() else f"the page {name} of the documentation of Glimpse"


@lru_cache(maxsize=1)
def find_pages(root: Path = _ROOT) -> Path | None:
    """The folder of the pages; None where there is none. root: of a clone, or where packages are installed."""
    if (root / "mkdocs.yml").is_file() and (root / "docs").is_dir():
        return root / "docs"
    try:
        files = metadata.files(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return None
    for file in files:
        if file.name == "legal.md" and file.parts[-len(INSTALLED) - 1 : -1] == INSTALLED:
            return Path(str(file.locate())).resolve().parent
    return None
