"""Every encoding comes off, alone, repeated and mixed, and each character knows where it stood."""

import html
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.secrets.escapes import decodings

TEXT = "pä:ß/😀'\"\\&<%41>"


def decoded(text: str) -> set[str]:
    return {form for form, _ in decodings(text)}


@pytest.mark.parametrize(
    "encoded",
    [
        quote(TEXT, safe=""),
        quote(TEXT, safe="").lower(),
        html.escape(TEXT),
        json.dumps(TEXT)[1:-1],
        json.dumps(TEXT, ensure_ascii=False)[1:-1],
        quote(quote(TEXT, safe=""), safe=""),
        html.escape(quote(TEXT, safe="")),
        "".join(f"&#{ord(character)};" for character in TEXT),
        "".join(f"&#x{ord(character):x};" for character in TEXT),
        "".join(f"\\U{ord(character):08X}" for character in TEXT),
    ],
)
def test_each_encoding_is_taken_off(encoded: str) -> None:
    assert any(TEXT in form for form in decoded(encoded))


@pytest.mark.parametrize(
    "text", ["", "plain", "100%", "%zz", "%C3", "%ED%A0", "&unknown;", "&#;", "\\", "\\q", "\\u12", "\\ud83d", "%"]
)
def test_what_is_no_escape_stays(text: str) -> None:
    assert next(decodings(text)) == (text, None)
    assert text in decoded(text)


@pytest.mark.parametrize("text", ["&#9999999;", "\\UFFFFFFFF", "\\UDDDDDDDD", "&#xFFFFFF;"])
def test_numbers_beyond_unicode_end_nothing(text: str) -> None:
    assert all(isinstance(form, str) for form in decoded(text))


@given(st.text(alphabet=st.sampled_from("a%41C3B6&#;xamp\\u00e9\"'é😀2025"), max_size=40))
def test_places_lead_back_into_the_text(text: str) -> None:
    for form, places in decodings(text):
        if places is None:
            assert form == text
            continue
        assert len(places) == len(form) + 1
        assert places == sorted(places)
        assert (places[-1], max(places)) == (len(text), len(text))
        for number, character in enumerate(form):
            if places[number + 1] - places[number] == 1:
                assert text[places[number]] == character


def test_places_of_a_decoded_part_are_those_of_its_escapes() -> None:
    text = "a%3Ab%40c"
    form, places = next((form, places) for form, places in decodings(text) if form == "a:b@c")
    assert places is not None
    assert text[places[form.index(":")] : places[form.index("@") + 1]] == "%3Ab%40"
