"""Command lines of pages: found in code blocks and spans, and read by their own program without running it."""

import argparse
import importlib
import io
import re
import shlex
import sys
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest.mock import patch

import cyclopts

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
FENCE = re.compile(r"^```([a-z]*)[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
INCOMPLETE = re.compile(r"arguments are required|requires an argument|add --help to see what it is")
SHELL = ("", "bash", "sh")
OURS = re.compile(r"`((?:glimpse|make|pip|python) [^`]+)`")
NOT_OURS = {
    ".",
    "apt-get",
    "curl",
    "docker",
    "export",
    "git",
    "install",
    "install/chroot.sh",
    "pipx",
    "sh",
    "systemctl",
    "twine",
}  # what follows them is not read
_OPEN: list[Any] = []  # calls of parsers that are going on


class _ReadError(BaseException):
    """Ends a program when it has read its arguments; nothing of the program may catch it."""


def commands_in_blocks(page: str) -> Iterator[str]:
    """Lines of a Markdown page's shell blocks, continued ones as one."""
    for language, block in FENCE.findall(page):
        lines = block.replace("\\\n", " ").splitlines() if language in SHELL else []
        yield from filter(None, map(str.strip, lines))


def commands_in_spans(page: str) -> Iterator[str]:
    """Code spans of a Markdown page that begin with one of our programs and go on."""
    yield from (" ".join(span.split()) for span in OURS.findall(FENCE.sub("", page)))


def find_mistake_of_mention(line: str) -> str:
    """The same for a command that prose mentions: arguments may be left out."""
    mistake = find_mistake(line)
    return "" if INCOMPLETE.search(mistake) else mistake


def find_mistake(line: str) -> str:
    """What is wrong with a command line; empty if its program exists and accepts the arguments."""
    plain = line.replace("[--", "--").replace("] ", " ").replace("glimpse COMMAND ", "glimpse run ")
    words = [word for word in shlex.split(plain, comments=True) if word != "…"]
    match words:
        case []:
            return ""
        case ["make", *rest]:
            return _mistake_of_make(rest)
        case ["python", "-m", "venv" | "pytest" | "http.server", *_] | ["python3", "-m", "venv", *_]:
            return ""
        case ["python", "-m", "pip", *rest] | ["pip", *rest]:
            return _mistake_of_pip(rest)
        case ["python", "-m", "tests.synthetic.picture", _, _] | ["python", "-m", "distill", "schema"]:
            return ""  # which read their words by themselves
        case ["python", "-m", "recognizer.calibrate" | "pipeline.watch" as door, *rest]:
            return _mistake_of_module("glimpse", [door.rpartition(".")[2], *rest])
        case ["python", "-m", module, *rest]:
            return _mistake_of_module(module, rest)
        case ["torchrun", *rest] if "-m" in rest:
            return _mistake_of_module(rest[rest.index("-m") + 1], rest[rest.index("-m") + 2 :])
        case ["python", "run_pipeline.py", *rest]:
            return _mistake_of_module("glimpse", ["run", *rest])
        case ["python", script, *_]:
            return "" if (ROOT / script).is_file() else f"{script}: no such file"
    program = words[0].rpartition("/")[2]
    if program == "glimpse":
        return _mistake_of_module("glimpse", words[1:])
    if program == "pip":
        return _mistake_of_pip(words[1:])
    return "" if words[0] in NOT_OURS else f"{words[0]}: not a known program"


def _mistake_of_make(words: Sequence[str]) -> str:
    for word in words:
        name, is_variable, _ = word.partition("=")
        if is_variable and f"$({name})" not in MAKEFILE:
            return f"make: no variable {name}"
        if not is_variable and not re.search(rf"^{re.escape(name)}:", MAKEFILE, re.MULTILINE):
            return f"make: no target {name}"
    return ""


def _mistake_of_pip(words: Sequence[str]) -> str:
    for word in words:
        if re.fullmatch(r"glimpse-faces(\[[\w,]*\])?", word):
            return f"pip: {word} is on no package index; write '.[EXTRA]', or the path of a clone or a wheel"
        extras = re.fullmatch(r"(?:\.|/path/to/\S+|glimpse-faces(?=\S+ @ .))\[([\w,]+)\]?(?: @ \S+)?", word)
        if extras and (unknown := set(extras[1].split(",")) - EXTRAS.keys()):
            return f"pip: no extra {', '.join(unknown)}"
        if word.startswith("requirements/") and not (ROOT / word).is_file():
            return f"pip: no file {word}"
    return ""


def _mistake_of_module(module: str, words: Sequence[str]) -> str:
    name = f"{module}.__main__" if (ROOT / module.replace(".", "/") / "__main__.py").is_file() else module
    if not (ROOT / f"{name.replace('.', '/')}.py").is_file():
        return f"{module}: no such module"
    said = io.StringIO()
    with ExitStack() as stack:
        stack.enter_context(patch.object(sys, "argv", [module, *words]))
        for name_of_parse in ("parse_args", "parse_intermixed_args", "parse_known_args"):
            parse = getattr(argparse.ArgumentParser, name_of_parse)
            stack.enter_context(patch.object(argparse.ArgumentParser, name_of_parse, _reading(parse)))
        stack.enter_context(patch.object(cyclopts.App, "__call__", _reading(cyclopts.App.parse_args)))
        stack.enter_context(redirect_stdout(said))
        stack.enter_context(redirect_stderr(said))
        try:
            code = importlib.import_module(name).main()
        except _ReadError:
            return ""
        except ModuleNotFoundError as missing:  # of another package: what is not installed here is not read
            return str(missing) if (ROOT / str(missing.name).partition(".")[0]).exists() else ""
        except SystemExit as end:
            code = end.code
    return "" if not code and words and words[-1] == "--help" else said.getvalue() or f"{module} read no arguments"


def _reading(parse: Any) -> Any:
    """The method `parse` with an end to the program once the outermost of its calls has read all arguments."""

    def read(*arguments: Any, **named: Any) -> Any:
        _OPEN.append(parse)
        try:
            answer = parse(*arguments, **named)
        finally:
            _OPEN.pop()
        if _OPEN:
            return answer
        raise _ReadError

    return read


def needs_torch(line: str) -> bool:
    """Whether a command line is one of trainings and measurements, on a machine without torch."""
    return find_spec("torch") is None and bool(re.search(r"distill|benchmarks\.", line))
