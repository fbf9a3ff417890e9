"""`python -m website.check site`: a built site loads nothing from another server.

Links that a reader may follow lead anywhere; scripts, styles, fonts, pictures and frames come from the site.
"""

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

OUTSIDE = re.compile(r"(?:https?:)?//", re.IGNORECASE)
OF_STYLES = re.compile(r"""(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^"')\s]+)""", re.IGNORECASE)
LOADING_LINKS = {"stylesheet", "preload", "prefetch", "modulepreload", "preconnect", "dns-prefetch", "icon", "manifest"}
LOADED_LATE = {"mermaid": "diagrams are drawn by a script from another server"}


def main() -> int:
    """Print what a built site would load from elsewhere; 1 if there is anything."""
    [folder] = sys.argv[1:]
    faults = list(find_faults(Path(folder)))
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    return 1 if faults else 0


def find_faults(folder: Path) -> Iterator[str]:
    """A line for each thing that a page or style of this folder loads from another server."""
    pages = sorted(folder.rglob("*.html"))
    if not pages:
        yield f"{folder}: no pages; build the site first"
    for page in pages:
        yield from (f"{page}: {what}" for what in loaded_from_elsewhere(page.read_text(encoding="utf-8")))
    for style in sorted(folder.rglob("*.css")):
        yield from (f"{style}: {what}" for what in OF_STYLES.findall(style.read_text(encoding="utf-8")))


def loaded_from_elsewhere(html: str) -> list[str]:
    """Addresses that a browser requests from another server when it opens this page."""
    reader = _Reader()
    reader.feed(html)
    return reader.found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._in_style = tag == "style"
        loaded = [values.get(name, "") for name in ("src", "srcset", "poster", "data")]
        if tag == "link" and LOADING_LINKS & set(values.get("rel", "").lower().split()):
            loaded.append(values.get("href", ""))
        self.found += [address for address in loaded if OUTSIDE.match(address.strip())]
        self.found += OF_STYLES.findall(values.get("style", ""))
        self.found += [why for name, why in LOADED_LATE.items() if name in values.get("class", "").split()]

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.found += OF_STYLES.findall(data)


if __name__ == "__main__":
    sys.exit(main())
