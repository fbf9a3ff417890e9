"""`glimpse collect`: mistakes of the file, and what show and status print."""

import json
import sys
from contextlib import closing
from pathlib import Path

import pytest

from glimpse.command.app import main
from pipeline.bus.reorder import Gap
from pipeline.collect.database import open_collection
from tests.synthetic.collection import add, add_tracks


@pytest.fixture
def config(tmp_path: Path) -> str:
    (tmp_path / "site.yaml").write_text("collect: {file: c.db, nodes: ['tcp://127.0.0.1:5556']}")
    return str(tmp_path / "site.yaml")


@pytest.fixture
def filled(config: str) -> str:
    """A stream of five entries, with three events lost and a bridge that has two entries."""
    with closing(open_collection(str(Path(config).with_name("c.db")), create=True)) as database:
        add_tracks(database, 0, 5)
        add(database, [Gap("v1/track/door/", "e1", 5, 7)])
        database.change("INSERT INTO bridges VALUES ('redis', 2, 2, 'no connection')")
    return config


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ("", "collect.file: expected an SQLite file"),
        ("file: c.db", "collect.nodes: expected addresses"),
        ("file: c.db, nodes: ['tcp://h:5'], redis: {servr: h}", "did you mean 'server'?"),
        ("file: c.db, nodes: ['tcp://h:5'], nats: {server: 'nats://h'}", "collect.nats.server: expected HOST"),
        ("file: c.db, nodes: ['tcp://h:5'], nats: {subject: 'a.>'}", "collect.nats.subject"),
        ("file: c.db, nodes: ['tcp://h:5'], topics: [track]", "collect.topics"),
    ],
)
def test_a_mistake_in_the_file_is_wrong_usage(
    tmp_path: Path, section: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "site.yaml").write_text(f"collect: {{{section}}}")
    assert main(["collect", "--config", str(tmp_path / "site.yaml")]) == 2
    assert sentence in capsys.readouterr().err


def test_entries_are_printed_in_order(filled: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["collect", "show", "--config", filled, "--after", "2", "--limit", "2", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["number"], line["id"]) for line in lines] == [
        (3, "node/e1/v1/track/door/2"),
        (4, "node/e1/v1/track/door/3"),
    ]
    assert lines[0]["event"]["seq"] == 2
    assert main(["collect", "show", "--config", filled]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("node v1/track/door/4")


def test_status_says_what_is_lost_and_who_is_behind(filled: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["collect", "status", "--config", filled]) == 0
    source, bridge = capsys.readouterr().out.splitlines()
    assert source.startswith("tcp://door:5556: node; last stored ")
    assert source.endswith("; 3 lost")
    assert bridge == "redis: up to 2, 3 behind; error: no connection"
    assert main(["collect", "status", "--config", filled, "--json"]) == 0
    source, bridge = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (source["node"], source["lost"]) == ("node", 3)
    assert (bridge["name"], bridge["behind"]) == ("redis", 3)


def test_status_lists_what_was_too_large(filled: str, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(open_collection(str(Path(filled).with_name("c.db")), create=True)) as database:
        database.change("INSERT INTO skipped VALUES ('redis', 2, 2000000, 1048576, 'proto-max-bulk-len')")
    assert main(["collect", "status", "--config", filled]) == 0
    _, bridge, left_out = capsys.readouterr().out.splitlines()
    assert bridge == "redis: up to 2, 3 behind, 1 left out; error: no connection"
    assert left_out == (
        "redis: entry 2 (node node, v1/track/door/1) is left out: expected at most 1,048,576 bytes"
        " (proto-max-bulk-len), got 2,000,000; it stays in the collection"
    )
    assert main(["collect", "status", "--config", filled, "--json"]) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["bridge"], last["topic"], last["seq"], last["size"]) == ("redis", "v1/track/door/", 1, 2_000_000)


@pytest.mark.parametrize("listen", ["9465", "127.0.0.1:", "127.0.0.1:99999", ":9465"])
def test_an_address_to_listen_on_that_is_none(config: str, listen: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["collect", "--config", config, "--listen", listen]) == 2
    assert "expected HOST:PORT" in capsys.readouterr().err


def test_figures_need_a_package(
    config: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    monkeypatch.delitem(sys.modules, "pipeline.collect.serve", raising=False)
    monkeypatch.delitem(sys.modules, "pipeline.collect.figures", raising=False)
    assert main(["collect", "--config", config, "--listen", "127.0.0.1:0"]) == 2
    assert "--listen needs the package prometheus_client" in capsys.readouterr().err


def test_nothing_is_there_yet(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["collect", "show", "--config", config]) == 2
    assert "no such file; glimpse collect makes one" in capsys.readouterr().err
    assert main(["collect", "show", "--config", config, "--limit", "0"]) == 2


def test_a_site_without_a_stream(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "site.yaml").write_text("node: x")
    assert main(["collect", "status", "--config", str(tmp_path / "site.yaml")]) == 2
    assert "collect.file: expected a file or a postgresql:// address" in capsys.readouterr().err
