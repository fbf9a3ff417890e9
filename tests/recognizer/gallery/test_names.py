"""Names of people: which are refused, and which cannot be told apart."""

from pathlib import Path

import numpy as np
import pytest

from recognizer.gallery import Face, Gallery
from recognizer.gallery.names import clean_name, find_lookalike, nearest_name, printable, refuse_reserved

HIDDEN = (
    "\u200b\u200c\u200d\u2060\ufeff\u00ad\u061c\u200e\u202e\u2066\u034f\u3164\ufe0f\U000e0041\U000e0101\u2800\u180e"
    "\u2065\ufff4\U000e0002\U000e0fff\U00016fe4\U0001d159"
)


@pytest.mark.parametrize("character", HIDDEN)
def test_a_character_that_nobody_sees_is_refused_by_its_number(character: str) -> None:
    with pytest.raises(ValueError, match=rf"an invisible character \(U\+{ord(character):04X}\)") as caught:
        clean_name(f"A{character}da")
    assert character not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "fault"),
    [("A\x1bda", "a control character"), ("A\udcffda", "not UTF-8"), ("A\u2028da", "line")],
)
def test_other_unprintable_characters_are_refused(name: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault) as caught:
        clean_name(name)
    str(caught.value).encode()


@pytest.mark.parametrize(
    "name",
    [
        "ada lovelace",
        "ADA LOVELACE",
        "Ada  Lovelace",
        "Ada\u00a0Lovelace",
        "Ada\u3000Lovelace",
        "\uff21da Lovelace",
        "A\u200bda Lovelace",
        "\u202eAda Lovelace",
    ],
)
def test_names_that_a_reader_cannot_tell_apart(name: str) -> None:
    assert find_lookalike(name, ["Bob", "Ada Lovelace"]) == "Ada Lovelace"
    assert find_lookalike("Ada Lovelace", ["Ada Lovelace", "Ada Lovelance"]) is None


@pytest.mark.parametrize(("name", "other"), [("STRASSE", "Straße"), ("ﬁona", "Fiona"), ("İlker", "i̇lker")])
def test_case_is_that_of_every_script(name: str, other: str) -> None:
    assert find_lookalike(name, [other]) == other


def test_ordinary_names_of_all_scripts_stay() -> None:
    for name in ("Zoë", "李小龙", "Αλέξανδρος", "محمد", "नरेन्द्र", "O'Brien-Smith, jr.", "[b]x[/b]", "👩"):
        assert clean_name(name) == name == printable(name)


@pytest.mark.parametrize(
    "name",
    ["stranger", "Stranger", "UNKNOWN", "unknown-17", "Unknown 3", "\uff33tranger", " nobody ", "***", "candidate"],
)
def test_a_new_name_that_means_nobody_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="expected a person's own name"):
        refuse_reserved(name)


@pytest.mark.parametrize("name", ["Ada Stranger", "Unknown Mortal", "Null", "None", "unknown-x", "No Body", "x" * 300])
def test_a_name_that_only_holds_such_a_word_is_a_name(name: str) -> None:
    refuse_reserved(name)


def test_a_hostile_name_comes_back_escaped_and_short() -> None:
    with pytest.raises(ValueError, match=r"^person 'nobody\\\\u202e(\\\\u202e)+': ") as caught:
        refuse_reserved("nobody" + "\u202e" * 5000)
    assert len(str(caught.value)) < 1500


@pytest.mark.parametrize(
    ("name", "near"),
    [("Adah", "Ada"), ("ADA", "Ada"), ("zoe", "Zoë"), ("\u202eadA", "Ada"), ("x" * 300, None), ("", None)],
)
def test_the_nearest_name_is_found_whatever_its_case(name: str, near: str | None) -> None:
    assert nearest_name(name, ["Ada", "Ben", "Zoë"]) == near
    assert nearest_name(name, []) is None


def test_what_cannot_be_shown_is_escaped() -> None:
    assert printable("a\udcffb\x1b[31m\u202e") == "a\\udcffb\\x1b[31m\\u202e"


def test_the_gallery_refuses_a_second_spelling_and_still_erases_an_old_one(tmp_path: Path) -> None:
    vectors = np.eye(4, dtype=np.float32)
    with Gallery(tmp_path / "g.db", create=True) as gallery:
        gallery.add("Ada", Face(vectors[0], "a", "1"), model_id="m")
        with pytest.raises(ValueError, match="person 'ada': 'Ada' is enrolled"):
            gallery.add("ada", Face(vectors[1], "b", "2"), model_id="m")
        gallery.add("Ada", Face(vectors[1], "b", "2"), model_id="m")
        gallery._db.change("UPDATE people SET name = 'Ada\u200b'")  # as an earlier version enrolled it
        assert gallery.erase("Ada\u200b") == 2
