"""Refuses flags with an empty value: what a shell makes of a variable that is not set."""

from collections.abc import Sequence
from itertools import pairwise

MAY_BE_EMPTY = ("--calibration", "--chip-spec")
"""Empty: what ships with the recogniser."""
OTHERS = ("run", "check", "distill")
"""Commands whose flags are settings, of which an empty one turns something off, or that another program reads."""


def empty_flag(words: Sequence[str]) -> str:
    """The first flag of a command line that was given an empty value; empty where none was.

    words: the command and its arguments.
    """
    if not words or words[0] in OTHERS:
        return ""
    arguments = words[: words.index("--")] if "--" in words else words
    given = [word[:-1] for word in arguments if word.startswith("--") and word.endswith("=")]
    given += [flag for flag, value in pairwise(arguments) if not value.strip()]
    return next((flag for flag in given if flag.startswith("--") and flag not in MAY_BE_EMPTY), "")
