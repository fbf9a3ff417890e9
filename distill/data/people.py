"""Whose face it is, and whether its name is one of the test's, as far as folder and file names tell."""

import re
import unicodedata
from pathlib import PurePosixPath
from typing import Literal


def person_from_path(source: str, name: str, where: Literal["none", "folder", "name"]) -> str:
    """An identity unique across sources, empty where there is none.

    folder: the folder the picture lies in. name: the file's name without its suffix, numbers and separators.
    """
    path = PurePosixPath(name)
    if where == "none":
        return ""
    label = path.parent.name if where == "folder" else normalise_name(path.stem)
    return f"{source}/{label}" if label else ""


def normalise_name(name: str) -> str:
    """A name without accents, digits, case and separators, words in order: `Abbé_Noël-2` is `abbe noel`."""
    letters = unicodedata.normalize("NFKD", name).casefold()
    bare = "".join(char for char in letters if not unicodedata.combining(char))
    return " ".join(re.sub(r"[\W\d_]+", " ", bare).split())
