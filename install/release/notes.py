"""The release notes of a version: its section of CHANGELOG.md."""

import re
from pathlib import Path

from install.release.refusal import ReleaseError

HEADING = re.compile(r"^## \[(.+?)\](?: - (\S+))?\s*$", re.MULTILINE)
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def read_notes(changelog: Path, version: str) -> str:
    """The text below the version's heading.

    Raises ReleaseError for a version without a section, a section without a date or a text, and for changes that stand
    under Unreleased.
    """
    sections = split(changelog.read_text(encoding="utf-8"))
    if sections.get("Unreleased", ("", ""))[1]:
        raise ReleaseError(f"{changelog.name}: changes stand under Unreleased; move them to [{version}]")
    if version not in sections:
        raise ReleaseError(f"{changelog.name}: expected a section [{version}]")
    date, text = sections[version]
    if not DATE.fullmatch(date) or not text:
        raise ReleaseError(f"{changelog.name}: [{version}]: expected a date, as in 2026-01-31, and what changed")
    return text


def split(changelog: str) -> dict[str, tuple[str, str]]:
    """Date and text of each section, by its version."""
    found = list(HEADING.finditer(changelog))
    ends = [match.start() for match in found[1:]] + [len(changelog)]
    return {
        match[1]: (match[2] or "", changelog[match.end() : end].strip()) for match, end in zip(found, ends, strict=True)
    }
