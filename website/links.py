"""Where a file of the repository stands on the site, and Markdown whose links lead there.

Pages are written for a forge: links are relative and may lead out of docs/. On the site, docs/ is the root, README.md
is the front page, and every other file that a page links to has a page of its own that shows it.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FENCE = re.compile(r"^(`{3,}).*?^\1$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"(?<=\]\()([^)\s#]*)(#[^)\s]*)?(?=\))")
TWO_WORDS_OF_A_FENCE = re.compile(r"^(```\w+) \w+$", re.MULTILINE)


def site_uri(path: str) -> str:
    """The source path of the page or picture that shows this file or folder of the repository, both with slashes."""
    if path == "README.md":
        return "index.md"
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    if (ROOT / path).is_dir():
        return f"{path}/index.md"
    return path if path.endswith(".md") else f"{path}.md"


def rewrite_links(text: str, origin: str, uri: str | None = None) -> str:
    """Markdown of the repository's file `origin`, with links that work on the site.

    uri: where it stands there, if that is not its own page.
    """
    folder = posixpath.dirname(uri or site_uri(origin))

    def lead_there(match: re.Match[str]) -> str:
        target = _target(match[1], origin)
        return match[0] if target is None else posixpath.relpath(site_uri(target), folder or ".") + (match[2] or "")

    rewritten = "".join(text if fenced else LINK.sub(lead_there, text) for text, fenced in _parts(text))
    return TWO_WORDS_OF_A_FENCE.sub(r"\1", rewritten)


def linked_files(text: str, origin: str) -> Iterator[str]:
    """Files and folders of the repository that Markdown links to."""
    for part, fenced in _parts(text):
        targets = [] if fenced else [_target(match[1], origin) for match in LINK.finditer(part)]
        yield from filter(None, targets)


def _target(link: str, origin: str) -> str | None:
    """The file of the repository that a relative link leads to; None for an address or an anchor."""
    if not link or re.match(r"[a-z]+:", link):
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(origin), link))


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """Prose and code blocks in turn, with whether it is a code block."""
    end = 0
    for match in FENCE.finditer(text):
        yield text[end : match.start()], False
        yield match[0], True
        end = match.end()
    yield text[end:], False
