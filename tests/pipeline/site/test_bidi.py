"""Names in pages stand by themselves, and stay escaped."""

from pipeline.site.bidi import isolate, isolating


def test_a_name_is_an_escaped_element() -> None:
    assert isolate("<b>\u05e9\u05e8\u05d4") == "<bdi>&lt;b&gt;\u05e9\u05e8\u05d4</bdi>"
    assert isolate(None) == ""
    assert isolate("<Ada>") == "&lt;Ada&gt;"


def test_a_sentence_is_escaped_and_each_name_in_it_isolated() -> None:
    assert isolating("<i> \u05e9\u05e8\u05d4 & Ada", "\u05e9\u05e8\u05d4", "Ada", None, "") == (
        "&lt;i&gt; <bdi>\u05e9\u05e8\u05d4</bdi> &amp; Ada"
    )
    assert isolating("\u05e9\u05e8\u05d4<b>", "\u05e9\u05e8\u05d4<b>") == "<bdi>\u05e9\u05e8\u05d4&lt;b&gt;</bdi>"
