"""What is sealed, what opens again, and what does not."""

import base64

import pytest

from configs.at_rest import MAGIC, VARIABLE, AtRest, Cipher, at_rest, is_sealed, new_key

FACE = b"a face vector of some bytes"


def with_key(key: str) -> AtRest:
    return at_rest({VARIABLE: key})


@pytest.fixture(scope="module")
def store() -> AtRest:
    return with_key(new_key())


def test_what_is_sealed_cannot_be_read_and_opens_again(store: AtRest) -> None:
    sealed = store.seal(FACE, "template")
    assert is_sealed(sealed)
    assert FACE not in sealed
    assert store.open(sealed, "template") == FACE


def test_the_same_face_is_never_sealed_the_same(store: AtRest) -> None:
    assert len({store.seal(FACE, "template") for _ in range(50)}) == 50


def test_without_a_key_nothing_is_sealed_and_what_was_plain_stays_readable(store: AtRest) -> None:
    plain = at_rest({})
    assert not plain.is_on
    assert plain.seal(FACE, "template") == FACE
    assert plain.open(FACE, "template") == store.open(FACE, "template") == FACE


@pytest.mark.parametrize("data", [b"", bytes(64)])
def test_what_holds_no_face_stays_as_it_is(store: AtRest, data: bytes) -> None:
    assert store.seal(data, "template") == data
    assert store.open(data, "template") == data


def test_a_missing_key_another_key_and_another_purpose_are_told_apart(store: AtRest) -> None:
    sealed = store.seal(FACE, "template")
    with pytest.raises(ValueError, match=f"template: sealed; expected the key in {VARIABLE}"):
        at_rest({}).open(sealed, "template")
    with pytest.raises(ValueError, match="template: sealed with another key"):
        with_key(new_key()).open(sealed, "template")
    with pytest.raises(ValueError, match="crop: sealed and damaged, or moved"):
        store.open(sealed, "crop")


def test_a_changed_or_cut_value_does_not_open(store: AtRest) -> None:
    sealed = store.seal(FACE, "template")
    for place in range(len(MAGIC) + 4, len(sealed)):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(ValueError, match="sealed and damaged"):
            store.open(changed, "template")
    for length in range(len(MAGIC), len(sealed)):
        with pytest.raises(ValueError, match="template: sealed"):
            store.open(sealed[:length], "template")


@pytest.mark.parametrize("text", ["secret", "AAAA", base64.b64encode(bytes(31)).decode(), "ä" * 44])
def test_what_is_no_key_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(ValueError, match=f"{VARIABLE}: expected 32 bytes in base64") as refused:
        with_key(text)
    assert text not in str(refused.value)


def test_keys_differ_and_spaces_around_one_do_no_harm() -> None:
    key = new_key()
    assert key != new_key()
    assert with_key(f" {key}\n").open(with_key(key).seal(FACE, "x"), "x") == FACE


def test_a_cipher_takes_raw_bytes() -> None:
    assert Cipher(bytes(32)).open(Cipher(bytes(32)).seal(FACE, "x"), "x") == FACE
