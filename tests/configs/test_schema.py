"""Tables of settings: one row per key, one table per struct, limits and defaults as a reader writes them."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from configs.fields import FilePath, Formerly
from configs.schema import json_schema, settings_tables


class Loss(msgspec.Struct, frozen=True):
    """Weights of the loss."""

    scale: Annotated[float, Meta(ge=0, description="factor")] = 16.0
    margin: float = 0.0


class Student(msgspec.Struct, frozen=True):
    """One student."""

    size: Annotated[int, Meta(ge=16, lt=129, description="side, pixels")]
    layers: tuple[tuple[int, int], ...] = ()
    loss: Loss = Loss(margin=0.5)
    kind: Annotated[Literal["a", "b"], Formerly("sort")] = "a"


class Toy(msgspec.Struct, frozen=True):
    """All of it."""

    work: Annotated[FilePath, Meta(description="folder")]
    students: dict[str, Student] = {}
    peers: tuple[Student, ...] = ()
    seed: int | None = None


def test_each_struct_has_one_table_that_names_its_places() -> None:
    headings = [line for line in settings_tables(Toy).splitlines() if line.startswith("#")]
    assert headings == ["## Top level", "## `students.NAME`, `peers[]`", "## `students.NAME.loss`"]


def test_rows_say_values_default_and_meaning() -> None:
    lines = settings_tables(Toy).splitlines()
    for row in (
        "| `work` | path | required | folder |",
        "| `students` | name: section | empty |  |",
        "| `seed` | integer or null | `null` |  |",
        "| `size` | integer, ≥ 16, < 129 | required | side, pixels |",
        "| `layers` | list of: 2 values: integer | empty |  |",
        "| `loss` | section | `margin: 0.5` | Weights of the loss |",
        '| `kind` | `a` or `b` | `"a"` |  |',
        "| `scale` | number, ≥ 0 | `16.0` | factor |",
    ):
        assert row in lines


def test_a_schema_carries_its_identifier_limits_and_descriptions() -> None:
    schema = json_schema(Student, "urn:toy", "Toy")
    assert (schema["$id"], schema["title"]) == ("urn:toy", "Toy")
    size = schema["$defs"]["Student"]["properties"]["size"]
    assert size == {"type": "integer", "description": "side, pixels", "minimum": 16, "exclusiveMaximum": 129}
