"""A gallery in PostgreSQL loses what it keeps of somebody as a negative of others, as a file does."""

import re
from pathlib import Path

import numpy as np
import pytest

from glimpse.history_gallery import GalleryOfHistory
from pipeline.erase import run
from pipeline.erase.__main__ import main
from pipeline.erase.postgres_gallery import PostgresGallery
from pipeline.history.corrections.this_is import this_is
from recognizer.gallery.negatives import Negative
from recognizer.gallery.store import Face, Gallery
from tests.synthetic.corrections import STRANGER, make_site, no_enroller, open_desk
from tests.synthetic.postgres import PostgresServer

THEIRS = f"track e1/door/{STRANGER}"


@pytest.fixture
def address(postgres: PostgresServer) -> str:
    """A gallery in which Ada and Bob are enrolled."""
    place = postgres.new_database()
    with Gallery(place, create=True) as gallery:
        for number, name in enumerate(("Ada", "Bob")):
            gallery.add(name, Face(np.eye(4, dtype=np.float32)[number], f"{number}.jpg", f"sha{number}"), model_id="m")
    return place


@pytest.fixture
def site(tmp_path: Path, address: str) -> Path:
    """A history in which an operator said that a track is Cleo's; the gallery has it as a negative of Ada's."""
    site = make_site(tmp_path / "site")
    (site / "people.db").unlink()
    mark(address, "Ada", THEIRS)
    with open_desk(site, people=GalleryOfHistory(address, no_enroller)) as desk:
        this_is(desk, STRANGER, "Cleo")
    return site


def mark(address: str, name: str, source: str) -> None:
    """Keep a track that looks like Bob as somebody whom they are not."""
    with Gallery(address) as gallery:
        gallery.mark(name, Negative(np.eye(4, dtype=np.float32)[1], source), model_id="m")


def negatives(address: str) -> list[str]:
    with Gallery(address) as gallery:
        return [name for name, _ in gallery.negative_sources()]


def test_a_negative_of_a_track_that_has_the_name_goes(
    site: Path, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert negatives(address) == ["Ada"]
    assert main(["Cleo", str(site), address]) == 0
    assert "1 negatives of their tracks erased" in capsys.readouterr().out
    assert negatives(address) == []


def test_a_negative_that_is_like_them_is_listed_and_erased_where_confirmed(
    site: Path, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["Bob", str(site), address, "--also-alike", "--alike-score=0.99"]
    assert main(arguments) == 1
    [key] = re.findall(r"negative of Ada, track e1/door/3.*--confirm-alike ([0-9a-f]{8})", capsys.readouterr().out)
    assert main([*arguments, f"--confirm-alike={key}"]) == 0
    assert negatives(address) == []


def test_a_server_that_goes_away_is_told_and_the_erasure_is_noted(
    site: Path, address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def gone(*_: object) -> list[str]:
        raise OSError("gallery: the connection is lost")

    monkeypatch.setattr(PostgresGallery, "find", gone)
    assert main(["Bob", str(site), address]) == 1
    assert "not searched: gallery: the connection is lost" in capsys.readouterr().out
    assert (site / "erasures.jsonl").exists()


def test_a_second_run_of_a_killed_erasure_still_knows_their_tracks(
    site: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "_erase_negatives", killed)
    with pytest.raises(KeyboardInterrupt):
        main(["Cleo", str(site), address])
    monkeypatch.undo()
    assert main(["Cleo", str(site), address]) == 0
    assert negatives(address) == []
