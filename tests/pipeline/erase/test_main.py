"""What the command says, its exit codes, and whom a name means."""

import json
from pathlib import Path

import pytest

from pipeline.erase.__main__ import main
from pipeline.erase.audit import hash_name
from recognizer.gallery.store import Face, Gallery
from tests.synthetic.erasable_site import NAME, chip, vector


@pytest.mark.parametrize("arguments", [[], ["Ada"], ["Ada", "/nowhere/at/all"], ["", "."], ["a\nb", "."]])
def test_wrong_use(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main(arguments)
    except SystemExit as ended:
        code = int(ended.code or 0)
    assert code == 2
    assert "error:" in capsys.readouterr().err


def test_films_are_named_until_they_are_deleted(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "run" / "annotated.mp4").write_bytes(b"film")
    for _ in range(2):
        assert main([NAME, str(site)]) == 1
        assert "annotated.mp4: left: a film of a report that somebody was erased from" in capsys.readouterr().out
    assert main([NAME, str(site), "--delete-films"]) == 0
    assert not (site / "run" / "annotated.mp4").exists()


def test_the_audit_line_names_nobody_and_can_be_matched(site: Path) -> None:
    main([NAME, str(site)])
    main(["Somebody else", str(site)])
    first, second = map(json.loads, (site / "erasures.jsonl").read_text().splitlines())
    assert first["person"] == hash_name(NAME, bytes.fromhex(first["salt"]))
    assert first["person"] != second["person"]
    assert (first["left"], second["changed"]) == (0, 0)
    assert "Neil" not in (site / "erasures.jsonl").read_text()
    assert oct((site / "erasures.jsonl").stat().st_mode)[-3:] == "600"


def test_somebody_whose_name_would_be_refused_today_can_be_erased(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "Ada\u200b Lovelace"
    with Gallery(tmp_path / "people.db", create=True) as gallery, monkeypatch.context() as before:
        before.setattr("recognizer.gallery.store.clean_name", lambda name: name)
        gallery.add(name, Face(vector(1), "a.jpg", "sha"), model_id="m")
    assert main([name, str(tmp_path)]) == 0
    with Gallery(tmp_path / "people.db") as gallery:
        assert gallery.people() == []


@pytest.mark.parametrize("name", [NAME.upper(), NAME.lower(), NAME.replace(" ", "  "), NAME.replace("o", "o\u200b", 1)])
def test_a_name_in_other_letters_erases_nobody_and_says_who_is_known(
    site: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main([name, str(site)]) == 1
    assert f"but {NAME} is known: erase that name" in capsys.readouterr().out
    with Gallery(site / "people.db") as gallery:
        assert len(gallery.people()) == 2


@pytest.mark.parametrize(
    ("name", "stays"),
    [
        ("Annab", "Annabel"),
        ("Ann", "Annabel"),
        ("Ann", "Mary Ann"),
        ("Ann", "Ann-Marie"),
        ("李小", "李小龙"),
        ("नरेन", "नरेन्द्र"),
        ("Zoe", "Zoe\u0308"),
        ("a.b", "axb"),
        ("100%", "100% Sure"),
        ("a*", "ab"),
        ('"B"', "B"),
    ],
)
def test_somebody_whose_name_holds_the_other_stays_and_the_proof_holds(tmp_path: Path, name: str, stays: str) -> None:
    with Gallery(tmp_path / "people.db", create=True) as gallery:
        gallery.add(name, Face(vector(1), "a.jpg", "1", chip=chip(1)), model_id="m")
        gallery.add(stays, Face(vector(2), "b.jpg", "2", chip=chip(2)), model_id="m")
    (tmp_path / "log.txt").write_text(f"{stays} came\n")
    assert main([name, str(tmp_path)]) == 0
    with Gallery(tmp_path / "people.db") as gallery:
        assert len(gallery.people()) == 1
        assert vector(2).tobytes() in gallery.stored_bytes(stays)
