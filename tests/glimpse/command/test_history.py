"""`glimpse history show` and `search` on a history of people with real portraits."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from glimpse import find
from glimpse.command.app import main
from pipeline.history.store import HistoryWriter
from tests.synthetic.portraits import FACES
from tests.synthetic.visits import visit

NAMES = ("Ben", "Ada", "Hedy")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a gallery of Ada and a history of three people, none of whom was enrolled then, and a wall."""
    folder = tmp_path_factory.mktemp("history")
    assert main(["enroll", str(FACES / "Ada.jpg"), "--name", "Ada", "--gallery", str(folder / "people.db")]) == 0
    with closing(HistoryWriter(folder / "h.db", unknowns=True)) as history:
        for number, name in enumerate(NAMES, 1):
            [face] = find(str(FACES / f"{name}.jpg"))
            look: dict[str, Any] = {"template": face.vector.astype("<f2").tobytes(), "model_id": face.model_id}
            at = 1_700_000_000.0 + 60 * number
            history.add(visit(None, number=number, first_seq=10 * number, at=at, pooled_px=100.0, **look), None)
        history.add(visit("Zoë", number=9, first_seq=90, at=1_700_009_000.0), None)
    return folder


@pytest.fixture(autouse=True)
def _in_site(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(site)


def objects(words: str, capsys: pytest.CaptureFixture[str], code: int = 0) -> list[dict[str, Any]]:
    assert main(["history", *words.split(), "--json"]) == code
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    "whom", ["--person Ada --gallery people.db", f"--photo {FACES / 'Ada.jpg'}", "--track 1", "--photo Ada.jpg"]
)
def test_the_right_tracks_are_found_and_no_others(whom: str, site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "Ada.jpg").write_bytes((FACES / "Ada.jpg").read_bytes())
    hits = objects(f"search h.db {whom} --strangers 0.01", capsys, code=whom == "--track 1")
    assert [hit["track"] for hit in hits] == ([] if whom == "--track 1" else [2])
    for hit in hits:
        assert hit["hit"].keys() == {"score", "chance", "strangers", "looks", "pooled_px"}
        assert hit["hit"]["strangers"] == pytest.approx(3 * hit["hit"]["chance"], rel=0.02)


def test_people_read_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "search", "h.db", "--person", "Ada", "--gallery", "people.db", "--strangers", "0.01"]) == 0
    hit, summary = capsys.readouterr().out.splitlines()
    assert "door  3 s  40 px  unknown  score " in hit
    assert "strangers that would rank as high in this history: " in hit
    assert summary == "3 templates compared; 1 of other recognisers were not"
    assert main(["history", "show", "h.db", "--person", "Zoë"]) == 0
    assert capsys.readouterr().out.rstrip().endswith("door  3 s  40 px  named Zoë")


def test_show_lists_page_by_page(capsys: pytest.CaptureFixture[str]) -> None:
    first = objects("show h.db --limit 3", capsys)
    assert [row["track"] for row in first] == [9, 3, 2]
    assert [row["track"] for row in objects(f"show h.db --after {first[-1]['id']}", capsys)] == [1]
    assert [row["track"] for row in objects("show h.db --state unknown --min-px 40 --camera door", capsys)] == [3, 2, 1]
    assert objects("show h.db --since 2023-11-16", capsys, code=1) == []
    assert [row["person"] for row in objects("show h.db --last-seen", capsys)] == ["Zoë"]


def test_a_track_has_its_events_and_its_crop_is_written_for_its_owner_alone(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [row] = objects("show h.db --person Zoë", capsys)
    [shown] = objects(f"show h.db --track {row['id']} --crop zoe.jpg", capsys)
    assert [event["kind"] for event in shown["events"]] == ["track", "identity", "track", "sample", "track"]
    assert (site / "zoe.jpg").read_bytes() == b"\xff\xd8 a small picture"
    assert (site / "zoe.jpg").stat().st_mode & 0o777 == 0o600
    assert main(["history", "show", "h.db", "--track", str(row["id"]), "--crop", "zoe.jpg"]) == 1  # never overwritten
    assert "zoe.jpg" in capsys.readouterr().err
    assert main(["history", "show", "h.db", "--track", str(row["id"])]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 6


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("show none.db", "history none.db: no such file"),
        ("show people.db", "expected a Glimpse history, got another file"),
        ("show h.db --limit 0", "--limit: expected 1 or more, got 0"),
        ("show h.db --track 99", "--track 99: there is no such track"),
        ("show h.db --after 99", "--after 99: there is no such track"),
        ("show h.db --crop x.jpg", "--crop: expected with --track"),
        ("search h.db", "expected one of --person, --photo and --track"),
        ("search h.db --person Ada", "--person and --gallery: expected together"),
        ("search h.db --person Bob --gallery people.db", "--person Bob: expected somebody enrolled in people.db"),
        ("search h.db --track 99", "track 99: expected one with a template, but there is no such track"),
        ("search h.db --track 1 --strangers 0", "expected more than 0, got 0"),
        ("search h.db --photo none.jpg", "none.jpg"),
        ("record http://x h.db", "expected tcp://HOST:PORT or ipc://PATH"),
        ("record tcp://127.0.0.1:1 h.db --event-days 0", "event_days"),
    ],
)
def test_wrong_usage(words: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", *words.split()]) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.out == ""
