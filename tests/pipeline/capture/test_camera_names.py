"""Names of cameras are valid in topics, never the same for two scripts, and the same on every run."""

import unicodedata

import pytest

from pipeline.capture.camera_names import MAX_NAME_LENGTH, NAME_PATTERN, channel_name, make_ascii_name, topic_name


@pytest.mark.parametrize("name", ["door", "Door", "a", "0", "x.y_z-1", "d-", "x" * MAX_NAME_LENGTH])
def test_names_of_topics_stay_as_they_are(name: str) -> None:
    assert topic_name(name) == name


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("вход", "source-d291253f"),
        ("入口", "source-1a793027"),
        ("Café-2", "Cafe-2-50d28c1d"),
        ("प्रवेश", "source-e3bf47c5"),
        ("الباب", "source-d48ab032"),
    ],
)
def test_names_of_other_scripts_are_named_as_files_are(name: str, topic: str) -> None:
    assert NAME_PATTERN.fullmatch(topic_name(name))
    assert topic_name(name) == make_ascii_name(name) == topic
    assert topic_name(unicodedata.normalize("NFD", name)) == topic


@pytest.mark.parametrize(
    "name",
    [
        *("a b", "a/b", ".a", "-a", "_a", "", "x" * (MAX_NAME_LENGTH + 1), "入" * (MAX_NAME_LENGTH + 1), "入 口"),
        *(
            "入口/2",
            "-入口",
            "\u0301入",
            "入\u200b口",
            "\u202e入口",
            "入口\n",
            "入口\u3000",
            "入口@x",
            "入口?",
            "入口:1",
        ),
        *("😀", "door\u00a0"),
    ],
)
def test_other_names_are_refused_without_being_repeated(name: str) -> None:
    with pytest.raises(ValueError, match="expected letters, digits") as caught:
        topic_name(name)
    assert len(name) < 4 or name not in str(caught.value)


def test_a_long_name_keeps_its_digest() -> None:
    name = topic_name("é" * MAX_NAME_LENGTH)
    assert len(name) == MAX_NAME_LENGTH
    assert name != topic_name("é" * (MAX_NAME_LENGTH - 1))


@pytest.mark.parametrize(("text", "name"), [("", "source"), ("--", "source"), ("a b", "a-b"), ("...x.", "x")])
def test_texts_with_little_in_them(text: str, name: str) -> None:
    assert make_ascii_name(text) == name


@pytest.mark.parametrize(
    "path", ["", "/", "/live", "/channel", "/cam/realmonitor?channel=", "/Streaming/Channels/1", "/xchannel=3"]
)
def test_other_urls_have_no_channel(path: str) -> None:
    assert channel_name(path) == ""


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/Streaming/Channels/1001", "channel-10"),
        ("/x?channel=0", "channel-0"),
        ("/ch?channel=01&subtype=7", "channel-1-stream-8"),
    ],
)
def test_numbers_of_channels(path: str, name: str) -> None:
    assert channel_name(path) == name
