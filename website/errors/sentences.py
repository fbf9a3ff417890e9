"""Finds the error sentences in the code: what is raised with a text, and what functions that make errors are given."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from configs.extras import install_extra

PACKAGES = ("configs", "detectors", "recognizer", "pipeline", "glimpse", "distill")
FOR_PROGRAMMERS = {"AssertionError", "AttributeError"}  # they say that the code is wrong, not what a user gave


class Sentence(NamedTuple):
    """file: relative to the root.  error: name of the exception.  text: with ⟨name⟩ where a value stands."""

    file: str
    error: str
    text: str


def find_sentences(root: Path) -> list[Sentence]:
    """All sentences of the packages below this folder, each once a file, in order."""
    files = [path for package in PACKAGES for path in sorted((root / package).rglob("*.py"))]
    return [sentence for file in files for sentence in sentences_of(file, root)]


def sentences_of(path: Path, root: Path) -> list[Sentence]:
    """The sentences of one file, each once."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    constants = dict(_constants(module))
    file = path.relative_to(root).as_posix()
    return list(dict.fromkeys(Sentence(file, error, text) for error, text in _raised(module, constants)))


def _raised(module: ast.Module, constants: dict[str, str]) -> Iterator[tuple[str, str]]:
    for node in ast.walk(module):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            error = ast.unparse(node.exc.func).rpartition(".")[2]
            texts = filter(None, (text_of(argument, constants) for argument in [*node.exc.args, *_detail(node.exc)]))
            if error not in FOR_PROGRAMMERS and (text := ": ".join(texts)):
                yield error, text


def _detail(call: ast.Call) -> Iterator[ast.expr]:
    return (keyword.value for keyword in call.keywords if keyword.arg == "detail")


def _constants(module: ast.Module) -> Iterator[tuple[str, str]]:
    """Texts that the module gives a name."""
    for node in module.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
                yield node.targets[0].id, node.value.value


def text_of(node: ast.expr, constants: dict[str, str]) -> str:
    """A text as it is shown; nothing for what has no words of its own."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name):
            return constants.get(name, "")
        case ast.JoinedStr(values=values):
            return "".join(_part(value, constants) for value in values)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return text_of(left, constants) + text_of(right, constants)
        case ast.Call(func=ast.Name(id="install_extra"), args=[ast.Constant(value=str(extra))]):
            return install_extra(extra)
        case ast.IfExp(body=body, orelse=other):
            return " or ".join(filter(None, (text_of(body, constants), text_of(other, constants))))
    return ""


def _part(node: ast.expr, constants: dict[str, str]) -> str:
    if not isinstance(node, ast.FormattedValue):
        return text_of(node, constants)
    return text_of(node.value, constants) or f"⟨{_name_of(node.value)}⟩"


def _name_of(node: ast.expr) -> str:
    """A word for the value: the last name in it that is not a function's."""
    functions = {id(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)}
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and id(part) not in functions:
            return part.attr.strip("_").replace("_", " ").lower()
        if isinstance(part, ast.Name) and id(part) not in functions and part.id != "self":
            return part.id.strip("_").replace("_", " ").lower()
    return "…"
