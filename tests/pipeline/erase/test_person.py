"""A name is found in every form, as a whole word, and not within the name of somebody else."""

import json
from html import escape

import pytest
from msgspec.structs import replace

from pipeline.erase.events import mask_event, spans_of_event
from pipeline.erase.person import Person
from pipeline.events import encode
from tests.synthetic.events import evidence, identity


def found(text: str, name: str = "José", others: tuple[str, ...] = ()) -> list[str]:
    return [text[first:last] for first, last in Person(name).knowing(others).spans(text)]


@pytest.mark.parametrize(
    "text",
    ["José", "Jose\u0301", json.dumps("José")[1:-1], "Jos\\u00E9", "Jos&#233;", "Jos&#xE9;", "Jos%C3%A9"],
)
def test_every_form_counts_as_the_name(text: str) -> None:
    assert found(f"so {text}, here") == [text]


def test_a_part_of_a_word_and_of_another_name_does_not() -> None:
    assert found("Joséphine, José, MaríaJosé") == ["José"]
    assert found("José María and José", others=("José María", "Ana")) == ["José"]
    assert found("<b>O&#39;Neil</b> " + escape("O'Neil"), name="O'Neil") == ["O&#39;Neil", "O&#x27;Neil"]


def test_positions_in_bytes_survive_broken_characters() -> None:
    data = "é José\n".encode() + b"\xff\xfe Jos\xc3\xa9\n"
    assert [data[first:last] for first, last in Person("José").spans_of_lines(data)] == ["José".encode()] * 2


def test_only_fields_that_hold_people_are_masked() -> None:
    reasons = ("Hall is track 3 in the same frame",)
    named = identity(1, camera="Hall", person="Hall")
    known = replace(evidence("Hall"), reasons=reasons)
    event = encode(replace(named, previous="Hall Senior", evidence=known))
    masked = json.loads(mask_event(event, Person("Hall").knowing(["Hall Senior"])))
    assert masked["camera"] == "Hall"
    assert masked["person"] == masked["evidence"]["person"] == "****"
    assert masked["previous"] == "Hall Senior"
    assert masked["evidence"]["reasons"] == ["**** is track 3 in the same frame"]


def test_an_event_that_is_cut_off_is_masked_too() -> None:
    assert spans_of_event(b'{"kind":"identity","person":"Hall","previous":nul', Person("Hall")) == [(29, 33)]
