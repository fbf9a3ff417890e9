"""Generated files are current, and the schemas accept what they should."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pipeline.events import encode
from pipeline.schema import HOMES, config_schema, events_schema, home_text, main, render
from tests.synthetic.events import one_of_each, renamed

ROOT = Path(__file__).parents[2]
OLD_SCHEMA = Path(__file__).with_name("events_0.2.schema.json")  # as it was before events of the kind `sample`


@pytest.mark.parametrize("name", HOMES)
def test_the_committed_file_is_current(name: str) -> None:
    text = (ROOT / HOMES[name]).read_text(encoding="utf-8")
    assert text == home_text(name), "run: python -m pipeline.schema write"


def test_write_renews_a_stale_file_and_keeps_the_rest_of_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = tmp_path / "events.md"
    stale.write_text("# Events\n\n### Every event\n\nold\n\n## Delivery\n\nby hand\n")
    monkeypatch.setitem(HOMES, "fields", str(stale))
    assert main(["fields", "--write"]) == 0
    assert stale.read_text() == f"# Events\n\n{render('fields')}\n## Delivery\n\nby hand\n"


@pytest.mark.parametrize("schema", [events_schema(), config_schema()], ids=["events", "config"])
def test_is_a_valid_schema_with_a_name(schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"].endswith("2020-12/schema")
    assert schema["$id"].startswith("urn:glimpse:")
    assert schema["title"]


def test_accepts_events_and_refuses_others() -> None:
    validator = jsonschema.Draft202012Validator(events_schema())
    for event in one_of_each():
        data = json.loads(encode(event))
        assert validator.is_valid(data)
        assert validator.is_valid({**data, "later": 1})
        assert not validator.is_valid({**data, "seq": -1})
        assert not validator.is_valid({key: value for key, value in data.items() if key != "epoch"})
        assert not validator.is_valid({**data, "kind": "picture"})


def test_old_kinds_fit_the_old_schema() -> None:
    """A program made for an earlier version goes on with its kinds, and the schema tells it which it does not know."""
    old = jsonschema.Draft202012Validator(json.loads(OLD_SCHEMA.read_text(encoding="utf-8")))
    fits = {type(event).__name__: old.is_valid(json.loads(encode(event))) for event in one_of_each()}
    assert [name for name, is_valid in fits.items() if not is_valid] == ["SampleEvent"]


def test_what_became_of_a_name_is_of_a_kind_that_the_old_schema_does_not_have() -> None:
    """So a program made for it ignores the event, as it ignores each kind that it does not know."""
    old, event = json.loads(OLD_SCHEMA.read_text(encoding="utf-8")), json.loads(encode(renamed("Ada", "Bea")))
    fields = [kind.get("properties", {}) for kind in old["$defs"].values()]
    kinds = {kind["kind"]["enum"][0] for kind in fields if "kind" in kind}
    assert kinds == {"track", "identity", "camera", "health"}
    assert event["kind"] not in kinds
    assert not jsonschema.Draft202012Validator(old).is_valid(event)
    assert jsonschema.Draft202012Validator(events_schema()).is_valid(event)


def test_the_examples_in_the_documentation_are_events() -> None:
    text = (ROOT / "docs/events.md").read_text(encoding="utf-8")
    examples = [json.loads(part.split("```")[0]) for part in text.split("```json event\n")[1:]]
    assert {example["kind"] for example in examples} == {"track", "identity", "camera", "health", "sample"}
    for example in examples:
        jsonschema.validate(example, events_schema())


def test_the_configuration_schema_suggests_and_refuses() -> None:
    validator = jsonschema.Draft202012Validator(config_schema())
    assert validator.is_valid({"cameras": [{"source": "rtsp://camera/1"}]})
    assert not validator.is_valid({"camera": []})
    assert not validator.is_valid({"device": "tpu"})


@pytest.mark.parametrize("name", HOMES)
def test_prints(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name]) == 0
    assert capsys.readouterr().out == render(name)


def test_samples_alone_have_embeddings_and_only_alerts_have_a_picture_beside_them() -> None:
    kinds = {name: kind for name, kind in events_schema()["$defs"].items() if name != "SampleEvent"}
    crops = [name for name, kind in kinds.items() if "crop" in kind.get("properties", {})]
    assert crops == ["AlertEvent"]
    fields = {name for kind in kinds.values() for name in kind.get("properties", {})}
    assert {"box", "person", "last_seq"} <= fields
    assert not fields & {"embedding", "vector", "template", "image", "picture", "jpeg", "chip"}


def test_an_installation_is_not_written_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pipeline.schema.ROOT", tmp_path)
    with pytest.raises(SystemExit) as stopped:
        main(["write"])
    assert stopped.value.code == 2
    assert "files are written in a clone" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
