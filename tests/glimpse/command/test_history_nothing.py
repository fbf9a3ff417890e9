"""Commands that list something say why they list nothing, also beside --json, and end with 1."""

from contextlib import closing
from pathlib import Path

import pytest

from glimpse.command.app import main
from glimpse.command.history_nothing import shown_history
from pipeline.history.store import HistoryWriter
from tests.synthetic.visits import visit


@pytest.fixture(autouse=True)
def _in_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A history of one track of Zoë at the door, and an empty one."""
    monkeypatch.chdir(tmp_path)
    with closing(HistoryWriter(Path("h.db"))) as history:
        history.add(visit("Zoë", number=1, first_seq=1, at=1_700_000_000.0), None)
    HistoryWriter(Path("empty.db")).close()


@pytest.mark.parametrize("json", ["", " --json"])
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("show empty.db", "history empty.db: no track yet; glimpse history record writes them"),
        ("show empty.db --last-seen", "no track yet"),
        ("show h.db --person Zoe", "no track fits --person Zoe; did you mean Zoë?"),
        ("show h.db --person xy", "no track fits --person xy\n"),
        ("show h.db --camera dor", "no track fits --camera dor; did you mean door?"),
        ("show h.db --camera door --min-px 4000", "no track fits these flags together"),
        ("show h.db --after 1", "no track follows --after 1"),
        ("audit h.db", "history h.db: nobody has corrected anything\n"),
        ("audit h.db --before 7", "nobody has corrected anything before 7"),
        ("groups list h.db", "history h.db: no unknown person yet"),
        ("groups list h.db --min-tracks 2", "no unknown person fits these flags"),
        ("journeys h.db", "no journey past 2 cameras or more fits; 0 were found"),
    ],
)
def test_a_command_without_a_hit_says_why(
    words: str, sentence: str, json: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["history", *f"{words}{json}".split()]) == 1
    shown = capsys.readouterr()
    assert sentence in shown.err
    assert shown.out == ""


def test_truth_and_crops_say_it_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "truth", "h.db"]) == 1
    assert "no track of this time was confirmed or corrected" in capsys.readouterr().err
    assert main(["history", "crops", "out", "empty.db"]) == 1
    assert "no crop is kept" in capsys.readouterr().err
    assert not Path("out").exists()


def test_a_number_in_the_place_of_the_history_is_perhaps_a_track(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "show", "17"]) == 2
    assert "a track's number is given as --track 17" in capsys.readouterr().err
    assert main(["history", "show", "h.db", "--track", "17"]) == 2
    assert "--track 17: there is no such track" in capsys.readouterr().err


def test_the_address_of_a_database_is_shown_without_its_password() -> None:
    assert shown_history("postgresql://ada:secret@db/glimpse?x=secret") == "history postgresql://db/glimpse"
