"""Pages that show files of the repository: code, configurations, notebooks, and folders of them."""

import json
from collections.abc import Iterator
from pathlib import Path

from website.links import ROOT, rewrite_links, site_uri

LANGUAGES = {".py": "python", ".ipynb": "python", ".yaml": "yaml", ".json": "json", ".sh": "bash", ".md": "markdown"}


def source_page(path: str) -> str:
    """Markdown of the page for a file or folder of the repository, given with slashes."""
    file = ROOT / path
    if file.suffix == ".md":
        return rewrite_links(file.read_text(encoding="utf-8"), path)
    if file.is_dir():
        files = (each for each in sorted(file.iterdir()) if each.suffix in LANGUAGES and each.name != "__init__.py")
        return f"# {path.rpartition('/')[2].capitalize()}\n\n" + "\n".join(_section(each, path) for each in files)
    return f"# `{path}`\n\n" + _fence(file)


def _section(file: Path, folder: str) -> str:
    body = "".join(_notebook(file, f"{folder}/{file.name}", site_uri(folder))) if _is_notebook(file) else _fence(file)
    return f"## `{file.name}`\n\n{body}"


def _is_notebook(file: Path) -> bool:
    return file.suffix == ".ipynb"


def _notebook(file: Path, path: str, uri: str) -> Iterator[str]:
    """Text and code of a notebook, without results; its headings stand below that of its file."""
    for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "code":
            yield f"```python\n{text}\n```\n\n"
        else:
            yield rewrite_links(text, path, uri).replace("# ", "### ", 1) + "\n\n"


def _fence(file: Path) -> str:
    language = LANGUAGES.get(file.suffix, "text")
    return f"````{language}\n{file.read_text(encoding='utf-8').rstrip()}\n````\n"
