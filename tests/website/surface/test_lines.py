"""The surface shows what a program can name, pass and read."""

from dataclasses import dataclass
from types import ModuleType

from website.surface.lines import surface


class _Tool:
    size: int

    def __init__(self, path: str, *, fast: bool = False) -> None: ...

    @classmethod
    def open(cls, name: str = "") -> None: ...

    @property
    def age(self) -> int:
        return 1

    def _hidden(self) -> None: ...


@dataclass
class _Record:
    box: int


class _OddError(ValueError): ...


def _find(picture: str, /, *rest: str, px: int = 3, **more: str) -> None: ...


def shown(**names: object) -> list[str]:
    module = ModuleType("m")
    module.__all__ = list(names)  # type: ignore[attr-defined]
    vars(module).update(names)
    return surface(module)


def test_classes_show_their_parameters_and_members() -> None:
    assert shown(Tool=_Tool) == ["Tool(path, *, fast=)", "Tool.age", "Tool.open(name=)", "Tool.size"]


def test_records_show_fields_and_not_how_they_are_made() -> None:
    assert shown(Record=_Record) == ["Record", "Record.box"]


def test_functions_errors_and_values_show_what_they_have() -> None:
    assert shown(find=_find, OddError=_OddError, ONE=1) == ["find(picture, *rest, px=, **more)", "OddError", "ONE"]
