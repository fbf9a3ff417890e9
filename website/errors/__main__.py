"""`python -m website.errors write`: makes docs/errors.md from the code and from catalogue.yaml.

`python -m website.errors check` names sentences without cause and remedy; 1 where there are any or the page is old.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby

from website.errors.catalogue import Group, assign, read_catalogue
from website.errors.sentences import Sentence, find_sentences
from website.links import ROOT

PAGE = ROOT / "docs" / "errors.md"
HEAD = """\
# Error messages

Made by `python -m website.errors write` from the code and `website/errors/catalogue.yaml`; do not edit.

Search this page for some words of the message. ⟨name⟩ stands for a value, such as a file's name. What another program
or library said, such as PostgreSQL, stands in brackets at the end of a sentence. Of that, and of messages that are put
together from parts, such as a key and what its type takes, the page has examples only.
Questions without a message are answered in [troubleshooting.md](troubleshooting.md).
"""


def main() -> int:
    """Write the page, or check it; 1 where it is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("order", choices=("write", "check"), help="write docs/errors.md, or check it")
    order = parser.parse_args().order
    explained, left = assign(find_sentences(ROOT), read_catalogue())
    for sentence in left:
        sys.stderr.write(f"{sentence.file}: no cause and remedy for: {sentence.text}\n")
    text = page(explained)
    if order == "write":
        PAGE.write_text(text, encoding="utf-8")
    return 1 if left or PAGE.read_text(encoding="utf-8") != text else 0


def page(explained: dict[Group, list[Sentence]]) -> str:
    """The whole page, in Markdown."""
    parts = [HEAD]
    for chapter, groups in groupby(explained, key=lambda group: group.chapter):
        parts.append(f"\n## {chapter}\n")
        for group in groups:
            parts += section(group, explained[group])
    return "".join(parts)


def section(group: Group, sentences: Sequence[Sentence]) -> Iterator[str]:
    """One cause and remedy, and the sentences that have it."""
    yield f"\n### {group.title}\n\n**Cause:** {group.cause}\n\n**What to do:** {group.remedy}\n\n"
    for text in dict.fromkeys([*group.examples, *(sentence.text for sentence in sentences)]):
        yield f"- {code(text)}\n"


def code(text: str) -> str:
    """Text as code in Markdown, on one line."""
    line = " ".join(text.split())
    return f"`` {line} ``" if "`" in line else f"`{line}`"


if __name__ == "__main__":
    sys.exit(main())
