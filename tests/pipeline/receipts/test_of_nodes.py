"""Nodes sign that their copy is without the erased; whoever erases sees what was changed, and who does not sign."""

import json
import logging
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from glimpse.command.app import main
from pipeline.erase.__main__ import main as erase_main
from pipeline.receipts.fingerprint import fingerprint
from pipeline.receipts.of_nodes import Standing, describe_signature, signer_of, standing_of
from recognizer.gallery import Gallery
from recognizer.gallery.change import ChangeKind
from recognizer.gallery.copies.followed import FollowedGallery
from recognizer.gallery.copies.node_record import NodeRecord, Receipt, read_erasures
from recognizer.gallery.copies.signature import Signer, signed_text
from recognizer.gallery.database import open_database
from recognizer.gallery.postgres_database import PostgresDatabase
from recognizer.gallery.schema import POSTGRES_VERSION
from tests.synthetic.history_places import postgres
from tests.synthetic.postgres import PostgresServer
from tests.synthetic.shared_gallery import enrol, until

__all__ = ["postgres"]
TEXT = signed_text(number=3, erased=1.5, node="door", instance="i", at=2.25)


@pytest.fixture
def address(postgres: PostgresServer) -> str:
    """A gallery with three people."""
    place = postgres.new_database()
    enrol(place, "n1", "n2", "n3")
    return place


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    found = signer_of("door", str(tmp_path / "door.pem"))
    assert found is not None
    return found


def test_what_is_signed_is_stable_and_whole() -> None:
    assert TEXT == (
        b'{"at":2.25,"erased":1.5,"format":"glimpse-gallery-receipt-1","instance":"i","node":"door","number":3}'
    )


def test_a_signature_is_of_one_text_and_one_key(signer: Signer, tmp_path: Path) -> None:
    signature = signer.sign(TEXT)
    assert standing_of(TEXT, signer.public_key, signature) is Standing.GENUINE
    assert standing_of(TEXT.replace(b"door", b"yard"), signer.public_key, signature) is Standing.FORGED
    assert standing_of(TEXT, os.urandom(32), signature) is Standing.FORGED
    assert standing_of(TEXT, b"short", signature) is Standing.FORGED
    assert standing_of(TEXT, b"", b"") is Standing.MISSING
    again = signer_of("door", str(tmp_path / "door.pem"))
    assert again is not None
    assert again.public_key == signer.public_key
    assert fingerprint(signer.public_key) in describe_signature(TEXT, signer.public_key, signature)


def test_without_the_package_nothing_is_signed_or_verified_and_both_is_said(
    signer: Signer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    signature = signer.sign(TEXT)
    for name in [name for name in sys.modules if name.split(".")[0] == "cryptography"]:
        monkeypatch.setitem(sys.modules, name, None)
    for name in ("cryptography", "cryptography.exceptions", "cryptography.hazmat"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "pipeline.receipts.keys", raising=False)
    assert signer_of("door", str(tmp_path / "door.pem")) is None
    assert "receipts of this node are not signed without the package cryptography" in caplog.text
    assert standing_of(TEXT, signer.public_key, signature) is Standing.UNKNOWN
    assert "not verified: pip install" in describe_signature(TEXT, signer.public_key, signature)


@pytest.mark.parametrize("trouble", ["no key", "others may read it"])
def test_a_key_that_cannot_be_used_is_told_and_the_node_runs(
    trouble: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    key = tmp_path / "door.pem"
    if trouble == "no key":
        key.write_text("not a key")
        key.chmod(0o600)
    else:
        signer_of("door", str(key))
        key.chmod(0o644)
    assert signer_of("door", str(key)) is None
    assert "receipts of this node are not signed: key" in caplog.text


def test_each_node_has_a_key_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setenv("HOME", str(tmp_path))
    door, yard = signer_of("door", ""), signer_of("yard", "")
    assert door is not None
    assert yard is not None
    assert door.public_key != yard.public_key
    assert f"signed by the key {fingerprint(door.public_key)}" in caplog.text
    assert (tmp_path / ".config" / "glimpse" / "nodes" / "yard.pem").stat().st_mode & 0o777 == 0o600


def erase(address: str, name: str, node: str, signer: Signer | None) -> None:
    """Erase somebody while a node follows, which has left when this returns."""
    with closing(FollowedGallery(address, node=node, max_age=30, signer=signer)) as people:
        people.index("m")
        with ThreadPoolExecutor() as other:
            erased = other.submit(_erase, address, name)
            until(lambda: (people.index("m"), erased.done())[1])
            assert erased.result() == 1


def _erase(address: str, name: str) -> int:
    with Gallery(address) as gallery:
        return gallery.erase(name)


def receipts(address: str) -> list[Receipt]:
    with closing(open_database(address, read_only=True)) as database:
        return [receipt for erasure in read_erasures(database) for receipt in erasure.receipts]


def standing(receipt: Receipt) -> Standing:
    return standing_of(receipt.text, receipt.public_key, receipt.signature)


def change(address: str, *statements: str) -> None:
    with closing(PostgresDatabase(address)) as database:
        for statement in statements:
            database.change(statement)


def test_a_receipt_is_signed_for_its_erasure_alone(
    address: str, signer: Signer, capsys: pytest.CaptureFixture[str]
) -> None:
    erase(address, "n1", "door", signer)
    with closing(open_database(address, read_only=True)) as database:
        [erasure] = read_erasures(database)
    [receipt] = erasure.receipts
    assert standing(receipt) is Standing.GENUINE
    said = json.loads(receipt.text)
    assert (said["number"], said["erased"], said["node"], said["at"]) == (
        erasure.number,
        erasure.at,
        "door",
        receipt.at,
    )
    assert main(["people", "erasures", "--gallery", address]) == 0
    assert f"later (signed by the key {fingerprint(signer.public_key)})" in capsys.readouterr().out


def test_a_receipt_that_was_changed_is_told(address: str, signer: Signer, capsys: pytest.CaptureFixture[str]) -> None:
    erase(address, "n1", "door", signer)
    change(address, "UPDATE receipts SET at = at - 1")
    assert main(["people", "erasures", "--gallery", address]) == 1
    assert "THE SIGNATURE IS NOT GENUINE" in capsys.readouterr().out
    assert main(["people", "erasures", "--gallery", address, "--json"]) == 1
    [erasure] = json.loads(capsys.readouterr().out)["erasures"]
    [receipt] = erasure["receipts"]
    assert (receipt["node"], receipt["signature"], receipt["key"]) == (
        "door",
        "forged",
        fingerprint(signer.public_key),
    )


def test_a_receipt_of_another_erasure_is_no_receipt(address: str, signer: Signer) -> None:
    erase(address, "n1", "door", signer)
    erase(address, "n2", "door", signer)
    assert [standing(receipt) for receipt in receipts(address)] == [Standing.GENUINE] * 2
    first = "(SELECT min(number) FROM receipts)"
    change(
        address,
        f"UPDATE receipts SET at = other.at, instance = other.instance || 'x', signature = other.signature"
        f" FROM receipts AS other WHERE receipts.number > {first} AND other.number = {first}",
    )
    assert [standing(receipt) for receipt in receipts(address)] == [Standing.GENUINE, Standing.FORGED]


def test_a_node_without_a_key_is_told_apart(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    erase(address, "n1", "door", None)
    assert [standing(receipt) for receipt in receipts(address)] == [Standing.MISSING]
    assert main(["people", "erasures", "--gallery", address]) == 0
    assert "later (not signed)" in capsys.readouterr().out


def test_erasing_everywhere_prints_the_signature(
    address: str, signer: Signer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(FollowedGallery(address, node="door", max_age=30, signer=signer)) as people:
        people.index("m")
        with ThreadPoolExecutor() as other:
            erased = other.submit(erase_main, ["n1", str(tmp_path), address])
            until(lambda: (people.index("m"), erased.done())[1])
            assert erased.result() == 0
    assert "door: followed " in (said := capsys.readouterr().out)
    assert f"(signed by the key {fingerprint(signer.public_key)})" in said


AS_VERSION_4 = (
    "ALTER TABLE receipts DROP COLUMN public_key",
    "ALTER TABLE receipts DROP COLUMN signature",
    "UPDATE schema_version SET version = 4",
)


def version(address: str) -> int:
    with closing(PostgresDatabase(address)) as database:
        return database.schema_version


def test_tables_of_version_4_are_left_by_nodes_and_brought_up_to_date_by_who_changes_the_gallery(
    address: str, signer: Signer
) -> None:
    erase(address, "n1", "door", signer)
    change(address, *AS_VERSION_4)
    assert [(receipt.node, standing(receipt)) for receipt in receipts(address)] == [("door", Standing.MISSING)]
    with closing(FollowedGallery(address, node="door", max_age=30, signer=signer)) as people:
        people.index("m")
    assert version(address) == 4
    erase(address, "n2", "door", signer)  # which opens the gallery to change it
    assert version(address) == POSTGRES_VERSION
    assert [standing(receipt) for receipt in receipts(address)] == [Standing.MISSING, Standing.GENUINE]


def test_a_node_of_version_4_tables_writes_receipts_that_are_not_signed(address: str, signer: Signer) -> None:
    change(address, *AS_VERSION_4)
    with closing(PostgresDatabase(address)) as database:
        record = NodeRecord(database, "door", 30.0, "run", signer)
        record.enter()
        with database.writing():
            database.record(ChangeKind.ERASE, 1)
        record.sign(database.header().revision)
    assert [(receipt.at is not None, standing(receipt)) for receipt in receipts(address)] == [(True, Standing.MISSING)]


def test_who_may_not_change_the_tables_uses_them_as_they_are(address: str) -> None:
    change(address, *AS_VERSION_4)
    change(
        address,
        "CREATE ROLE clerk LOGIN",
        "GRANT USAGE ON SCHEMA glimpse_gallery TO clerk",
        "GRANT SELECT ON ALL TABLES IN SCHEMA glimpse_gallery TO clerk",
    )
    try:
        with Gallery(address.replace("postgres@", "clerk@", 1)) as gallery:
            assert [person.name for person in gallery.people()] == ["n1", "n2", "n3"]
        assert version(address) == 4
    finally:
        change(address, "DROP OWNED BY clerk", "DROP ROLE clerk")
