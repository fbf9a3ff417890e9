"""One person gets all that a real run left of them, and nothing of the other one."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest

from glimpse.command.app import main
from pipeline.erase.disclosure import disclose_person
from pipeline.erase.events import record_of
from pipeline.erase.person import Person
from pipeline.erase.stores import STORES
from pipeline.events import encode
from tests.synthetic.erasable_site import NAME, OTHER, chip, look, make_site, read_all, vector
from tests.synthetic.events import identity


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def files(site: Path) -> dict[str, bytes]:
    """What the archive holds, by name."""
    disclosure = disclose_person(NAME, [site])
    assert disclosure.complete
    with zipfile.ZipFile(io.BytesIO(disclosure.archive)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def records(files: dict[str, bytes], kind: str) -> list[dict[str, Any]]:
    [name] = [name for name in files if name.endswith(f"-{kind}/records.jsonl")]
    return [json.loads(line) for line in files[name].splitlines()]


def test_every_kind_of_store_that_knows_the_person_is_in_it(files: dict[str, bytes]) -> None:
    kinds = {
        name.partition("/")[0].partition("-")[2] for name in files if "/" in name and not name.startswith("about/")
    }
    without_names = {"journal"}
    assert kinds == {store.kind.replace(" ", "-") for store in STORES} - without_names


def test_what_the_fields_mean_goes_with_it(files: dict[str, bytes]) -> None:
    pages = {name: data for name, data in files.items() if name.startswith("about/")}
    assert set(pages) == {"about/events.md", "about/history.md", "about/report.md"}
    assert pages["about/events.md"].startswith(b"# Events")
    assert b"about/ " in files["README.txt"]


def test_pictures_and_vectors_are_there_as_they_are_stored(files: dict[str, bytes]) -> None:
    faces = [data for name, data in files.items() if "/face-" in name]
    assert {vector(0).astype("<f4").tobytes(), chip(0), look(0), b"\xff\xd8" + chip(10)} <= set(faces)
    assert not {chip(1), look(1), b"\xff\xd8" + chip(11)} & set(faces)
    assert all(name.endswith("jpg") for name, data in files.items() if "/face-" in name and data[:2] == b"\xff\xd8")


def test_what_is_written_down_is_there(files: dict[str, bytes]) -> None:
    [face] = records(files, "gallery")
    assert (face["source"], face["sha256"], face["model_id"]) == ("a.jpg", "sha0", "m")
    assert {event["kind"] for event in records(files, "outbox")} == {"track", "identity"}
    assert [record["camera"] for record in records(files, "history") if record["kind"] == "track of a history"]
    [row] = records(files, "report")
    assert row["person"] == NAME


def test_the_other_person_is_in_none_of_it(files: dict[str, bytes]) -> None:
    everything = b"\n".join(files.values())
    assert NAME.encode() in everything
    for form in (OTHER, json.dumps(OTHER)[1:-1]):
        assert form.encode() not in everything


def test_nothing_is_changed(site: Path) -> None:
    before = read_all(site)
    disclose_person(NAME, [site])
    assert read_all(site) == before


def test_somebody_else_in_an_event_of_the_person_has_no_name() -> None:
    event = encode(msgspec.structs.replace(identity(0, person=NAME), previous="Bob"))
    assert b"Bob" in event
    masked = record_of(event, Person(NAME))
    assert b"Bob" not in masked
    assert json.loads(masked)["person"] == NAME


def test_nobody_gives_no_archive_and_a_damaged_file_is_named(tmp_path: Path) -> None:
    site = make_site(tmp_path)
    assert disclose_person("Nobody", [site]).archive == b""
    database = site / "people.db"
    database.write_bytes(database.read_bytes()[:4096] + b"\xff" * 9000)
    disclosure = disclose_person(NAME, [site])
    [damaged] = [found for found in disclosure.found if found.left]
    assert (damaged.name, disclosure.complete) == (str(database), False)
    assert disclosure.archive


def test_the_command_writes_archive_and_receipt(site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, receipt, key = (tmp_path / name for name in ("ada.zip", "ada.json", "key.pem"))
    words = ["disclose", NAME, str(site), "--out", str(out)]
    assert main([*words, "--receipt", str(receipt), "--key", str(key), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["out"], told["complete"]) == (str(out), True)
    assert out.stat().st_mode & 0o077 == 0
    assert NAME not in receipt.read_text()
    checks = ["verify-receipt", str(receipt), "--key", f"{key}.pub", "--name"]
    assert main([*checks, NAME]) == 0
    assert main([*checks, OTHER]) == 1
    assert "it is about somebody else" in capsys.readouterr().out
    assert main(words) == 2
    assert "expected a new file" in capsys.readouterr().err
    assert main(["disclose", "Nobody", str(site), "--out", str(tmp_path / "none.zip")]) == 1
    assert not (tmp_path / "none.zip").exists()


def test_a_changed_receipt_ends_with_1(tmp_path: Path, site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    receipt, key = tmp_path / "ada.json", tmp_path / "key.pem"
    words = ["disclose", NAME, str(site), "--out", str(tmp_path / "a.zip"), "--receipt", str(receipt)]
    assert main([*words, "--key", str(key)]) == 0
    receipt.write_text(receipt.read_text().replace("true", "false"))
    assert main(["verify-receipt", str(receipt), "--key", f"{key}.pub"]) == 1
    assert "the signature does not fit" in capsys.readouterr().err


def test_an_erasure_writes_a_receipt_without_the_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from pipeline.erase.__main__ import main as erase

    site, receipt, key = make_site(tmp_path / "site"), tmp_path / "r.json", tmp_path / "key.pem"
    assert erase([NAME, str(site), "--receipt", str(receipt), "--key", str(key)]) == 0
    assert "Neil" not in receipt.read_text()
    assert main(["verify-receipt", str(receipt), "--key", f"{key}.pub", "--name", NAME, "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["action"], told["complete"], told["about_name"]) == ("erasure", True, True)


def test_nothing_is_erased_where_no_receipt_can_be_signed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from pipeline.erase.__main__ import main as erase

    (tmp_path / "key.pem").write_text("no key")
    (tmp_path / "key.pem").chmod(0o600)
    site = make_site(tmp_path / "site")
    before = read_all(site)
    assert erase([NAME, str(site), "--receipt", str(tmp_path / "r"), "--key", str(tmp_path / "key.pem")]) == 2
    assert "expected an Ed25519 key" in capsys.readouterr().err
    assert read_all(site) == before
