"""What systems put between a person's own files is recognised, and nothing else is."""

import pytest

from detectors.bookkeeping import describe_bookkeeping, is_bookkeeping


@pytest.mark.parametrize(
    "name",
    [
        *(".DS_Store", "._a.jpg", ".hidden", ".", "@eaDir", "@eadir", "@EADIR", "__MACOSX", "__macosx", "Thumbs.db"),
        *("THUMBS.DB", "desktop.ini", "Icon\r", "$RECYCLE.BIN", "System Volume Information", "#recycle", "#snapshot"),
        *("lost+found", "thumbnails", "Thumbs"),
    ],
)
def test_what_systems_make(name: str) -> None:
    assert is_bookkeeping(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "a.jpg", "Ada", "thumbnail.jpg", "Thumbs.jpg", "desktop.png", "Icon", "MACOSX", "eaDir", "_a.jpg"),
        *("~a", "#1.jpg", "@eaDir.txt", "@door.mp4", "recycle", "lost"),
    ],
)
def test_what_people_make(name: str) -> None:
    assert not is_bookkeeping(name)


@pytest.mark.parametrize(
    ("names", "line"),
    [
        ([".a"], "1 hidden or system entry left out (.a)"),
        ([".b", ".a", ".a"], "3 hidden or system entries left out (.a, .b)"),
        ([f".{number}" for number in range(5)], "5 hidden or system entries left out (.0, .1, .2, .3, .4)"),
        ([f".{number}" for number in range(6)], "6 hidden or system entries left out (.0, .1, .2, .3, .4, ...)"),
    ],
)
def test_one_line_says_how_many(names: list[str], line: str) -> None:
    assert describe_bookkeeping(names) == line
