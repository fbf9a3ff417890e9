"""The library keeps what it promised with the last minor version."""

import glimpse
from glimpse.deprecations import OLD_NAMES
from website.surface.__main__ import FILE
from website.surface.broken import find_broken
from website.surface.lines import surface


def test_programs_of_the_last_minor_version_still_run() -> None:
    assert list(find_broken(FILE.read_text(encoding="utf-8").splitlines(), surface(glimpse), OLD_NAMES)) == []
