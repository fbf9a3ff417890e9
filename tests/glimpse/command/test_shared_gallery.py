"""The commands that take --gallery take the address of a PostgreSQL database, and never show its password."""

import json
from pathlib import Path

import pytest

from configs.at_rest import VARIABLE, new_key
from glimpse.command.app import main
from recognizer.gallery import Gallery
from tests.synthetic.history_places import postgres
from tests.synthetic.portraits import FACES
from tests.synthetic.postgres import PostgresServer

__all__ = ["postgres"]

ADA, BEN = sorted(FACES.glob("*.jpg"))[:2]


@pytest.fixture
def address(postgres: PostgresServer) -> str:
    """An empty database; the server asks for no password, so any is right."""
    return postgres.new_database().replace("postgres@", "postgres:sesame@", 1)


def run(*words: str) -> int:
    return int(main(list(words)))


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_people_are_enrolled_named_exported_and_erased(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flag = ("--gallery", address)
    assert run("people", "list", *flag) != 0
    assert "nothing is there yet; glimpse enroll makes it" in capsys.readouterr().err
    assert run("enroll", str(ADA), "--name", "Ada", *flag) == 0
    assert run("enroll", str(BEN), "--name", "Ben", *flag) == 0
    assert run("people", "rename", "Ada", "Ada Lovelace", *flag) == 0
    capsys.readouterr()
    assert run("who", str(ADA), "--json", *flag) == 0
    assert '"Ada Lovelace"' in capsys.readouterr().out
    assert run("doctor", *flag) == 0
    assert run("people", "export", str(tmp_path / "e.jsonl"), *flag) == 0
    assert run("people", "erasures", "--json", *flag) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"erasures": []}
    assert run("people", "erase", "Ada Lovelace", *flag) == 0
    capsys.readouterr()
    assert run("people", "erasures", "--json", *flag) == 0
    [erasure] = json.loads(capsys.readouterr().out)["erasures"]
    assert (erasure["kind"], erasure["receipts"]) == ("erase", [])
    assert "Ada" not in str(erasure)
    assert run("people", "erasures", *flag) == 0
    assert f"change {erasure['number']}: erase" in capsys.readouterr().out
    assert run("people", "list", *flag) == 0
    said = capsys.readouterr()
    assert "Ben" in said.out
    assert run("run", str(ADA), *flag, "--report", str(tmp_path / "out")) == 0
    said = capsys.readouterr()
    assert "sesame" not in said.out + said.err


@pytest.mark.slow
def test_erasing_everywhere_searches_every_column_and_sealing_seals_what_was_there(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("enroll", str(ADA), "--name", "Ada", "--gallery", address) == 0
    assert run("enroll", str(BEN), "--name", "Ben", "--gallery", address) == 0
    monkeypatch.setenv(VARIABLE, new_key())
    assert run("seal", address) == 0
    assert "gallery postgresql://" in capsys.readouterr().out
    with Gallery(address) as gallery:
        assert gallery.is_sealed
        assert len(gallery.index(gallery.model_id).people) == 2
    (tmp_path / "empty").mkdir()
    assert run("people", "erase", "Ada", "--gallery", address, "--in", str(tmp_path / "empty")) == 0
    said = capsys.readouterr()
    assert "1 faces erased and overwritten" in said.out
    assert "nothing is left" in said.out
    assert "sesame" not in said.out + said.err
    with Gallery(address) as gallery:
        assert [person.name for person in gallery.people()] == ["Ben"]
    monkeypatch.delenv(VARIABLE)
    assert run("who", str(BEN), "--gallery", address) != 0
    assert "sealed; expected the key" in capsys.readouterr().err
