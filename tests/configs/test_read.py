"""The YAML reader: typed settings, paths relative to the file, overrides, and errors that point at the mistake."""

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from configs.fields import FilePath, Formerly, ModelPath, SourcePath
from configs.read import ConfigurationError, load_yaml, read_settings, resolve_paths, to_settings


class Student(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    size: Annotated[int, Meta(ge=16)] = 16
    max_parameters: Annotated[int, Meta(ge=1), Formerly("most"), Formerly("limit")] = 1
    optimiser: Literal["adamw", "muon"] = "adamw"


class Layer(msgspec.Struct, frozen=True, array_like=True):
    width: Annotated[int, Meta(ge=1)]


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Says itself what is wrong with it."""

    zone: str = ""
    other: str = ""

    def __post_init__(self) -> None:
        if self.zone:
            raise ValueError(f"zone: expected a zone, got {self.zone!r}")
        if self.other:
            raise ValueError("this and that do not go together")


class Toy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    work: FilePath = "runs"
    model: ModelPath = ""
    source: SourcePath = ""
    name: str = ""
    peers: tuple[ModelPath, ...] = ()
    start_from: FilePath | tuple[FilePath, ...] = ""
    by_name: dict[str, FilePath] = {}
    students: dict[str, Student] = {}
    single: Student | None = None
    stages: tuple[Layer, ...] = ()
    place: Place = Place()


def refused(raw: dict[str, Any]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        to_settings(raw, Toy)
    return str(caught.value)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"wrok": "x"}, "unknown key 'wrok'; did you mean 'work'?"),
        ({"single": {"sise": 16}}, "unknown key 'sise' in single; did you mean 'size'?"),
        (
            {"students": {"s16": {}, "a.b [1]": {"most": 3}}},
            "unknown key 'most' in students.a.b [1]; did you mean 'max_parameters'?",
        ),
        ({"single": {"limit": 3}}, "unknown key 'limit' in single; did you mean 'max_parameters'?"),
        ({"single": {"xyz": 3}}, "unknown key 'xyz' in single; known here: max_parameters, optimiser, size"),
        ({"students": {"s16": {"size": 3}}}, "students.s16.size: Expected `int` >= 16 (got 3)"),
        ({"stages": [[3], [0]]}, "stages[1][0]: Expected `int` >= 1 (got 0)"),
        ({"peers": ["a", 3]}, "peers[1]: expected text, got 3"),
        ({"single": {"optimiser": "sgd"}}, "single.optimiser: expected adamw or muon (got 'sgd')"),
        ({"students": 3}, "students: expected a mapping, got 3"),
        ({"students": {"s16": 3}}, "students.s16: expected a mapping of settings, such as 'size', got 3"),
        ({"single": [3]}, "single: expected a mapping or nothing, got a list of 1"),
        ({"name": {"first": 1, "last": 2}}, "name: expected text, got a mapping with 'first', 'last'"),
        ({"name": {"rtsp://a:pw@b": 1}}, "name: expected text, got a mapping"),
        ({"name": {1: 1}}, "name: expected text, got a mapping"),
        ({"name": {}}, "name: expected text, got a mapping"),
        ({"name": True}, "name: expected text, got True"),
        ({"place": {"zone": "Mars"}}, "place.zone: expected a zone, got 'Mars'"),
        ({"place": {"other": "x"}}, "place: this and that do not go together"),
    ],
)
def test_an_error_names_the_place_the_value_and_what_was_expected(raw: dict[str, Any], message: str) -> None:
    assert refused(raw) == message


def test_only_fields_marked_as_paths_are_resolved(tmp_path: Path) -> None:
    raw = {
        "work": "runs",
        "name": "runs",
        "start_from": ["a.onnx", "/b.onnx"],
        "by_name": {"x": "c.onnx"},
        "unknown": {"work": "d"},
    }
    assert resolve_paths(raw, Toy, tmp_path) == {
        "work": f"{tmp_path}/runs",
        "name": "runs",
        "start_from": [f"{tmp_path}/a.onnx", "/b.onnx"],
        "by_name": {"x": f"{tmp_path}/c.onnx"},
        "unknown": {"work": "d"},
    }


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("work", ""),
        ("work", "/absolute"),
        ("work", "${env:WORK}/runs"),
        ("model", "embedded"),
        ("model", "pack:buffalo_s"),
        ("source", "0"),
        ("source", "rtsp://camera/1"),
    ],
)
def test_what_is_no_relative_path_stays(tmp_path: Path, key: str, text: str) -> None:
    assert resolve_paths({key: text}, Toy, tmp_path) == {key: text}


@pytest.mark.parametrize(("key", "text"), [("model", "embedded.onnx"), ("work", "embedded"), ("source", "0.mp4")])
def test_a_name_that_resembles_an_exception_is_a_path(tmp_path: Path, key: str, text: str) -> None:
    assert resolve_paths({key: text}, Toy, tmp_path) == {key: str(tmp_path / text)}


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert resolve_paths({"work": "~/runs"}, Toy, tmp_path) == {"work": "/home/ada/runs"}


def test_reads_overrides_over_the_file_and_takes_their_paths_from_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "toy.yaml"
    path.write_text("work: runs\nname: file\nmodel: m.onnx\n")
    settings = read_settings(path, Toy, ["name=3 words", "students.s16.size=32", "model=", "work=elsewhere"])
    assert settings == Toy(
        work=str(tmp_path / "elsewhere"), name="3 words", model="", students={"s16": Student(size=32)}
    )


@pytest.mark.parametrize("override", ["nonsense", "name.deeper=1"])
def test_an_override_that_is_none_is_refused(tmp_path: Path, override: str) -> None:
    path = tmp_path / "toy.yaml"
    path.write_text("name: x\n")
    with pytest.raises(ConfigurationError, match="expected key=value"):
        read_settings(path, Toy, [override])


def test_an_error_in_a_file_begins_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "toy.yaml"
    path.write_text("wrok: x\n")
    with pytest.raises(ConfigurationError, match=r"toy\.yaml: unknown key 'wrok'"):
        read_settings(path, Toy)


@pytest.mark.parametrize("text", ["[1, 2]", "a: [", "\x00", "a: !!python/object:os.system {}"])
def test_a_file_that_is_no_mapping_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "toy.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=r"toy\.yaml"):
        load_yaml(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.yaml: No such file"):
        load_yaml(tmp_path / "nowhere.yaml")


def test_an_empty_file_has_only_defaults(tmp_path: Path) -> None:
    path = tmp_path / "toy.yaml"
    path.write_text("# nothing yet\n")
    assert read_settings(path, Toy) == Toy()


def test_an_odd_key_may_be_a_misplaced_secret_and_is_not_repeated() -> None:
    with pytest.raises(ConfigurationError, match=r"^unknown key of 9 characters; known here: ") as caught:
        to_settings({"Qx7Zk9Jw4": 1}, Toy)
    assert "Qx7" not in str(caught.value)
