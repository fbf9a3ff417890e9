"""Turns the flags that fields declare into parameters of a command, and mistakes on a command line into one sentence.

cyclopts reads the parameters of a function: their names, types, groups and help texts. Here they are made from the
declarations of settings (configs/fields.py), so a setting and its flag are declared in one place.
"""

import inspect
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_origin

from cyclopts import CycloptsError, Group, MissingArgumentError, Parameter

from configs.fields import Field, Flag, arms
from configs.mask import MASK

_FLAG = re.compile(r"-{1,2}[A-Za-z][A-Za-z-]*(?=[=\s]|$)")
_PLAIN = re.compile(r"(?:-{1,2}[A-Za-z][A-Za-z-]*=?)?[A-Za-z0-9_.-]{0,12}")


def accept_flags(function: Callable[..., Any], flags: Sequence[tuple[Field, Flag]], groups: Sequence[str]) -> None:
    """Give `function(*arguments, **flags)` the signature that declares these flags, under the headings of `groups`.

    The function gets only the flags that were given on the command line, by `Flag.key`.
    """
    ranks = {str(name): Group(str(name), sort_key=number) for number, name in enumerate(groups)}
    signature = inspect.signature(function)
    own = [parameter for parameter in signature.parameters.values() if parameter.kind is not parameter.VAR_KEYWORD]
    made = [_parameter(field, flag, ranks[str(flag.group)]) for field, flag in flags]
    parameters = [*own, *made]
    function.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    function.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}


def fill_bare_flags(arguments: Sequence[str], flags: Sequence[tuple[Field, Flag]]) -> list[str]:
    """The arguments as cyclopts reads them: a flag that may stand without a value has it, and `-` is a value."""
    bare = {flag.name: flag.bare for _, flag in flags if flag.bare is not None}
    filled: list[str] = []
    for word, following in zip(arguments, [*arguments, ""][1:], strict=True):
        if word == "-" and filled and filled[-1].startswith("--") and "=" not in filled[-1]:
            filled[-1] += "=-"
        elif word in bare and (not following or following.startswith("--")):
            filled.append(f"{word}={bare[word]}")
        else:
            filled.append(word)
    return filled


def describe_mistake(error: CycloptsError, show_url: Callable[[str], str]) -> str:
    """What is wrong with a command line, in one sentence. Odd arguments may hold a password: they are masked.

    show_url: shows a URL without its secrets.
    """
    text = _describe_missing(error) or str(error).replace("\n", " ")
    for word in sorted(error.root_input_tokens or (), key=len, reverse=True):
        for part in (word, word.partition("=")[2]):
            if part and not _PLAIN.fullmatch(part):
                text = text.replace(part, _show(part, show_url))
    return text


def _describe_missing(error: CycloptsError) -> str:
    """Which parameter a command needs and did not get; empty for another mistake."""
    missing = error.argument
    if not isinstance(error, MissingArgumentError) or missing is None or error.keyword or error.tokens_so_far:
        return ""
    if "Did you mean" in str(error):
        return ""
    command = " ".join(error.command_chain or ()) or "this command"
    name = missing.name if missing.index is None else missing.name.strip("-").upper()
    return f"{command} needs {name}; add --help to see what it is, with examples"


def _show(word: str, show_url: Callable[[str], str]) -> str:
    if "://" in word and not word.startswith("-"):
        return show_url(word)
    flag = _FLAG.match(word)
    return f"{flag[0]}={MASK}" if flag and flag[0] != word else word if flag else MASK


def _parameter(field: Field, flag: Flag, group: Group) -> inspect.Parameter:
    kind = next(kind for kind, _ in arms(field.kind) if kind is not NoneType)
    mark = Parameter(
        name=flag.name,
        help=_help(field),
        group=group,
        metavar=None if kind is bool or get_origin(kind) is Literal else flag.metavar or field.unit.upper(),
        negative=(),
        show_default=False,
    )
    plain = kind in (bool, int, float, Path) or get_origin(kind) in (Literal, list)
    text = kind if plain else str
    annotation = Annotated[bool if kind is bool else text | None, mark]  # type: ignore[valid-type]
    return inspect.Parameter(flag.key, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _help(field: Field) -> str:
    default = f"{field.default:g}" if isinstance(field.default, float) else str(field.default)
    return field.description + (f" (default: {default})" if field.default else "")
