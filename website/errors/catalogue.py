"""Which cause and remedy belong to a sentence: the groups of catalogue.yaml, in order; the first that fits has it."""

import re
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

import msgspec

from configs.read import load_yaml
from website.errors.sentences import Sentence

FILE = Path(__file__).with_name("catalogue.yaml")


class Group(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """title, cause, remedy: Markdown, a sentence or several.  chapter: heading above groups of one topic.

    files: patterns such as recognizer/gallery/*, of which one fits.  texts: regular expressions, of which one is found.
    examples: sentences that are put together elsewhere, by a library or from parts, and so are found in no file.
    """

    chapter: str
    title: str
    cause: str
    remedy: str
    files: tuple[str, ...] = ("*",)
    texts: tuple[str, ...] = ("",)
    examples: tuple[str, ...] = ()

    def fits(self, sentence: Sentence) -> bool:
        """Whether a sentence belongs here, if no group before takes it."""
        return any(fnmatch(sentence.file, file) for file in self.files) and any(
            re.search(text, sentence.text) for text in self.texts
        )


def read_catalogue(path: Path = FILE) -> list[Group]:
    """The groups, in order. Raises ConfigurationError and msgspec.ValidationError for another file."""
    return msgspec.convert(load_yaml(path)["groups"], list[Group])


def assign(
    sentences: Sequence[Sentence], groups: Sequence[Group]
) -> tuple[dict[Group, list[Sentence]], list[Sentence]]:
    """The sentences of each group, and those that no group explains."""
    found: dict[Group, list[Sentence]] = {group: [] for group in groups}
    left: list[Sentence] = []
    for sentence in sentences:
        group = next((group for group in groups if group.fits(sentence)), None)
        (left if group is None else found[group]).append(sentence)
    return found, left
