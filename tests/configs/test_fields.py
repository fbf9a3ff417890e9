"""Marks on the fields of settings, and the functions that find them."""

from pathlib import Path
from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from configs.fields import (
    FilePath,
    Flag,
    Formerly,
    ModelPath,
    RelativePath,
    SourcePath,
    Unit,
    field_types,
    inner_type,
    list_fields,
    list_flags,
    marks_of,
    struct_of,
)

SIZE = Flag("--tile-size", "models")


class Section(msgspec.Struct, frozen=True, rename={"kind": "type"}):
    kind: str = "x"
    size: Annotated[Annotated[int, Meta(description="inner")], Meta(description="outer"), Unit("px"), SIZE] = 3


class Root(msgspec.Struct):
    needed: FilePath
    section: Section = Section()
    maybe: Section | None = None
    many: tuple[Section, ...] = ()
    pair: tuple[int, str] = (1, "a")
    named: dict[str, Section] = {}


@pytest.mark.parametrize(
    ("kind", "text", "is_path"),
    [
        (FilePath, "a.txt", True),
        (FilePath, "embedded", True),
        (FilePath, "", False),
        (FilePath, "${env:MODEL}", False),
        (ModelPath, "embedded", False),
        (ModelPath, "embedded.onnx", True),
        (ModelPath, "pack:buffalo_l", False),
        (SourcePath, "0", False),
        (SourcePath, "0.mp4", True),
        (SourcePath, "rtsp://host/1", False),
    ],
)
def test_only_paths_start_at_the_folder_of_the_file(kind: object, text: str, is_path: bool) -> None:
    (mark,) = marks_of(kind, RelativePath)
    assert mark.resolve(text, Path("/site")) == (f"/site/{text}" if is_path else text)


def test_absolute_paths_and_the_home_folder_stay_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert RelativePath().resolve("/data/a.txt", Path("/site")) == "/data/a.txt"
    assert RelativePath().resolve("~/a.txt", Path("/site")) == "/home/ann/a.txt"


def test_marks_are_found_in_unions_once() -> None:
    old = Formerly("old")
    assert marks_of(Annotated[int, old] | Annotated[str, old, Unit("s")] | None, Formerly) == [old]
    assert marks_of(int, Formerly) == []


def test_the_struct_of_an_optional_section() -> None:
    assert struct_of(Section | None) is Section
    assert struct_of(Annotated[Section, Formerly("old")]) is Section
    assert struct_of(tuple[Section, ...]) is None
    assert struct_of(int) is None


@pytest.mark.parametrize(
    ("kind", "key", "inner"),
    [
        (Root, "pair", tuple[int, str]),
        (Root, "unknown", None),
        (Root, 0, None),
        (Section, "type", str),
        (Section, "kind", None),  # files use the other name
        (tuple[int, str], 1, str),
        (tuple[int, str], 2, int),  # one too many: as the first
        (tuple[int, ...], 7, int),
        (list[int] | None, 0, int),
        (tuple[int, ...], "key", None),
        (dict[str, float], "any", float),
        (int, 0, None),
    ],
)
def test_the_type_at_a_key_or_index(kind: object, key: object, inner: object) -> None:
    assert inner_type(kind, key) == inner


def test_sections_are_opened_but_not_lists_and_optional_ones() -> None:
    places = [".".join(field.place) for field in list_fields(Root)]
    assert places == ["needed", "section.type", "section.size", "maybe", "many", "pair", "named"]
    assert list(field_types(Section)) == ["type", "size"]


def test_a_field_has_what_its_declaration_says() -> None:
    fields = {field.place[-1]: field for field in list_fields(Root)}
    assert fields["needed"].default is msgspec.NODEFAULT
    assert fields["named"].default == {}
    size = fields["size"]
    assert (size.default, size.description, size.unit, size.flag) == (3, "outer", "px", SIZE)
    assert (fields["pair"].description, fields["pair"].unit, fields["pair"].flag) == ("", "", None)


def test_flags_are_listed_with_their_field() -> None:
    ((field, flag),) = list_flags(Root)
    assert (field.place, flag, flag.key) == (("section", "size"), SIZE, "tile_size")
