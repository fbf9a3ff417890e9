"""The pages say nothing that is not there: links, anchors, files and commands that README.md and docs/ name."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
FILE = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|md|yaml|json|onnx|npz|png|jpg))`")
MODULE = re.compile(r"python -m\s+([a-z_]+(?:\.[a-z_]+)*)")
FOLDERS = {path.name for path in ROOT.iterdir() if path.is_dir()}
HISTORY = {"CHANGELOG.md"}  # names what is gone


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


def prose(page: Path) -> str:
    """A page without its code blocks."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> Iterator[str]:
    """What GitHub calls a page's headings in links."""
    counts: dict[str, int] = {}
    for heading in re.findall(r"^#+ +(.+?) *$", prose(page), re.MULTILINE):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        count = counts[slug] = counts.get(slug, -1) + 1
        yield f"{slug}-{count}" if count else slug


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_relative_link_and_anchor_resolves(page: Path) -> None:
    broken = []
    for link in LINK.findall(prose(page)):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if re.match(r"[a-z]+:", link):
            continue
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_file_that_is_named_exists(page: Path) -> None:
    if page.name in HISTORY:
        pytest.skip("names what is gone")
    named = [name for name in FILE.findall(page.read_text(encoding="utf-8")) if name.split("/")[0] in FOLDERS]
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_command_that_is_named_exists(page: Path) -> None:
    if page.name in HISTORY:
        pytest.skip("names what is gone")
    missing = []
    for name in set(MODULE.findall(page.read_text(encoding="utf-8"))):
        if name in ("venv", "pip", "pytest"):
            continue
        path = ROOT.joinpath(*name.split("."))
        if not path.with_suffix(".py").exists() and not (path / "__main__.py").exists():
            missing.append(name)
    assert not missing


def test_there_are_pages_with_links_files_and_commands() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert all(len(found.findall(text)) > 20 for found in (LINK, FILE, MODULE))


@pytest.mark.parametrize(("heading", "most"), [("One frame", 20), ("One training view", 12)])
def test_a_walk_through_the_code_names_few_files(heading: str, most: int) -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = page.partition(f"## {heading}")[2].partition("\n## ")[0]
    steps = [line for line in section.splitlines() if re.match(r"\| \d+\.", line)]
    files = {name for line in steps for name in FILE.findall(line)}
    assert len(steps) >= 9
    assert len(files) <= most


def test_the_architecture_page_names_every_folder() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    packages = [
        *ROOT.glob("[!.]*/__init__.py"),
        *ROOT.glob("[!.]*/[!.]*/__init__.py"),
        *ROOT.glob("pipeline/*/*/__init__.py"),
    ]
    folders = [path.parent.relative_to(ROOT).as_posix() for path in packages]
    assert len(folders) > 20
    assert [folder for folder in folders if f"`{folder}/`" not in page] == []


def test_every_picture_is_credited_and_every_credit_is_for_a_picture() -> None:
    """With its source and licence, or with the command that makes it."""
    credits_page = (ROOT / "docs" / "credits.md").read_text(encoding="utf-8")
    suffixes = (".png", ".jpg", ".webp", ".gif", ".svg", ".mp4")
    pictures = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/**/*") if path.suffix in suffixes}
    rows = [line for line in credits_page.splitlines() if line.startswith("| `docs/")]
    credited = {name for row in rows for name in re.findall(r"`(docs/[^`]+)`", row.split("|")[1])}
    assert credited == pictures
    assert [row for row in rows if not re.search(r"CC0 1\.0|Apache-2\.0|public domain|`python -m |`make ", row)] == []


def test_the_pictures_of_the_readme_are_small() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = [ROOT / link for link in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", readme)]
    limits = {".jpg": 400_000, ".webp": 1_000_000}
    assert {path.suffix for path in shown} == set(limits)
    assert [path for path in shown if path.stat().st_size > limits[path.suffix]] == []
