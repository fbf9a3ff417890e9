"""The schemas and the reference page of distill's settings are up to date, and the shipped configurations fit them."""

import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import msgspec
import pytest
import yaml

from configs.fields import arms, field_types, struct_of
from distill.cli import main
from distill.config import Section, Settings
from distill.detector.config import DetectorSettings
from distill.schema import ROOT, generated_files

CONFIGS = {
    "distill": ["distill", "ablation", "scaling", "scaling_s32"],
    "detector": ["detector"],
}


@pytest.mark.parametrize("name", generated_files())
def test_a_generated_file_is_up_to_date(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == generated_files()[name], "run `python -m distill schema`"


def test_the_command_writes_every_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("configs", "docs/training"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setattr("distill.schema.ROOT", tmp_path)
    assert main(["schema"]) == 0
    assert {name: (tmp_path / name).read_text(encoding="utf-8") for name in generated_files()} == generated_files()


@pytest.mark.parametrize(("schema", "config"), [(kind, name) for kind, names in CONFIGS.items() for name in names])
def test_a_shipped_configuration_fits_the_schema_it_names(schema: str, config: str) -> None:
    text = (ROOT / "configs" / f"{config}.yaml").read_text(encoding="utf-8")
    assert text.startswith(f"# yaml-language-server: $schema={schema}.schema.json\n")
    jsonschema.validate(yaml.safe_load(text), json.loads((ROOT / "configs" / f"{schema}.schema.json").read_bytes()))


def structs(kind: object) -> Iterator[type[msgspec.Struct]]:
    """A struct and all structs in it, however deep."""
    if struct := struct_of(kind):
        yield struct
        for inner in field_types(struct).values():
            yield from structs(inner)
    else:
        for arm, _ in arms(kind):
            for inner in getattr(arm, "__args__", ()):
                yield from structs(inner)


@pytest.mark.parametrize("root", [Settings, DetectorSettings])
def test_every_setting_has_a_description(root: type[Section]) -> None:
    found = set(structs(root))
    assert len(found) > 5
    for struct in found:
        properties = msgspec.json.schema_components([struct])[1][struct.__name__].get("properties", {})
        unsaid = [key for key, schema in properties.items() if not ("description" in schema or "$ref" in str(schema))]
        assert unsaid == [], struct.__name__


def test_an_installation_is_not_written_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("distill.schema.ROOT", tmp_path)
    assert main(["schema"]) == 2
    assert "files are written in a clone" in capsys.readouterr().err
