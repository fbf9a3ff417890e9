"""`glimpse history groups …` on a history of strangers, and a recorder that groups and publishes."""

import json
from pathlib import Path
from typing import Any

import pytest

from glimpse.command.app import main
from glimpse.command.history_steps import open_steps
from pipeline.bus.client import ALL, Subscriber
from pipeline.events import PersonEvent
from pipeline.history.groups.grouper import Grouper
from pipeline.history.person_queue_limit import PersonQueueLimit
from pipeline.history.store import HistoryWriter
from pipeline.settings.rooms.history import HistorySettings
from recognizer.load import EMBEDDED
from tests.synthetic.strangers import links, pass_by


@pytest.fixture(autouse=True)
def _site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A history of three strangers; the first comes three times."""
    monkeypatch.chdir(tmp_path)
    with HistoryWriter(Path("h.db"), unknowns=True) as writer:
        grouper = Grouper(writer.database, links(), false_link=0.01)
        for number, person in enumerate([1, 2, 1, 3, 1], 1):
            grouper.step(writer.add(pass_by(person, number=number), None))


def objects(words: str, capsys: pytest.CaptureFixture[str], code: int = 0) -> list[dict[str, Any]]:
    assert main(["history", "groups", *words.split(), "--json"]) == code
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_unknown_people_are_listed_page_by_page(capsys: pytest.CaptureFixture[str]) -> None:
    rows = objects("list h.db", capsys)
    assert [(row["id"], row["tracks"]) for row in rows] == [("unknown-1", 3), ("unknown-3", 1), ("unknown-2", 1)]
    assert rows[0].keys() == {"id", "first_seen", "last_seen", "tracks", "person", "best"}
    assert [row["id"] for row in objects("list h.db --after unknown-1 --limit 1", capsys)] == ["unknown-3"]
    assert objects("list h.db --min-tracks 9", capsys, code=1) == []


def test_one_is_shown_with_its_tracks(capsys: pytest.CaptureFixture[str]) -> None:
    [shown] = objects("show h.db 1 --limit 2", capsys)
    assert (shown["id"], [row["track"] for row in shown["seen"]]) == ("unknown-1", [5, 3])


def test_a_merge_and_a_split_are_taken_back_by_what_they_print(capsys: pytest.CaptureFixture[str]) -> None:
    [merged] = objects("merge h.db unknown-2 unknown-3 --by Eve", capsys)
    assert [row["id"] for row in objects("list h.db", capsys)] == ["unknown-1", "unknown-3"]
    objects(f"undo h.db {merged['entry']}", capsys)
    [split] = objects("split h.db 3 5", capsys)
    assert split["group"] == "unknown-4"
    assert [row["tracks"] for row in objects("list h.db", capsys)] == [2, 1, 1, 1]
    objects(f"undo h.db {split['entry']}", capsys)
    assert [row["tracks"] for row in objects("list h.db", capsys)] == [3, 1, 1]


def test_people_read_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "groups", "show", "h.db", "unknown-1"]) == 0
    group, *tracks = capsys.readouterr().out.splitlines()
    assert group.startswith("unknown-1  tracks: 3, first ")
    assert len(tracks) == 3
    assert main(["history", "groups", "merge", "h.db", "1", "2"]) == 0
    assert "take it back with: glimpse history groups undo h.db 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("show h.db unknown-9", "unknown-9: there is no such unknown person"),
        ("show h.db Ada", "expected a name such as unknown-17"),
        ("merge h.db 1 1", "two different groups"),
        ("split h.db", "expected one or more"),
        ("split h.db 1 3 5", "got all 3"),
        ("undo h.db 9", "audit entry 9"),
        ("list h.db --limit 0", "expected 1 or more"),
        ("list nothing.db", "no such file"),
    ],
)
def test_a_mistake_is_told_and_ends_with_2(words: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "groups", *words.split()]) == 2
    assert message in capsys.readouterr().err


def test_a_recorder_publishes_what_it_and_others_change(tmp_path: Path) -> None:
    settings = HistorySettings(bind=f"ipc://{tmp_path}/bus", outbox=str(tmp_path / "person.db"))
    with HistoryWriter(Path("h.db"), unknowns=True) as writer:
        assert main(["history", "groups", "merge", "h.db", "2", "1"]) == 0
        with (
            open_steps(writer.database, settings, unknowns=True, node="shop", recognizer=EMBEDDED) as steps,
            Subscriber(settings.bind, topics=(ALL,), start="replay") as bus,
        ):
            for step in steps:
                step(())
            events = [bus.receive(5.0) for _ in range(6)]
    persons = [event for event in events if isinstance(event, PersonEvent)]
    assert [(event.node, event.seq, event.action, event.group) for event in persons][-1] == (
        "shop.history",
        5,
        "moved",
        "unknown-1",
    )
    assert [event.seq for event in persons] == list(range(6))


def test_without_unknowns_and_bind_only_what_waits_is_bounded(tmp_path: Path) -> None:
    with (
        HistoryWriter(Path("h.db")) as writer,
        open_steps(writer.database, HistorySettings(), unknowns=False, node="", recognizer=EMBEDDED) as steps,
    ):
        assert [type(getattr(step, "__self__", None)) for step in steps] == [PersonQueueLimit]


def test_another_recogniser_is_not_grouped(caplog: pytest.LogCaptureFixture) -> None:
    with (
        HistoryWriter(Path("h.db")) as writer,
        open_steps(writer.database, HistorySettings(), unknowns=True, node="", recognizer="own.onnx") as steps,
    ):
        assert [type(getattr(step, "__self__", None)) for step in steps] == [PersonQueueLimit]
    assert "unknown people are not grouped" in caplog.text
