"""What is particular to JetStream: ids beyond the window for duplicates, subjects, streams of others, and TLS."""

import gc
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pipeline.collect.bridges.jetstream import JetStream, subject_of
from pipeline.collect.bridges.target import MovedError
from pipeline.collect.entry import Entry
from pipeline.collect.reader import StreamReader
from pipeline.settings.rooms.collect import NatsSettings
from tests.synthetic.collection import add_tracks, keys, new_collection
from tests.synthetic.nats import NatsServer, nats_server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    with nats_server(tmp_path / "nats") as server:
        yield server


def settings(server: NatsServer, **more: object) -> NatsSettings:
    return msgspec.convert(server.settings(**more), NatsSettings)


def make_stream(server: NatsServer, **more: Any) -> None:
    async def make(js: Any) -> None:
        from nats.js.api import StreamConfig

        await js.add_stream(StreamConfig(name="GLIMPSE", subjects=["glimpse.>"], **more))

    server.ask(make)


def test_a_repeat_beyond_the_window_is_refused(server: NatsServer, tmp_path: Path) -> None:
    make_stream(server, duplicate_window=0.1)
    with closing(new_collection(tmp_path)) as database, closing(JetStream(settings(server))) as target:
        add_tracks(database, 0, 5)
        entries, before = StreamReader(database).entries(after=0, limit=9), target.tip()
        target.append(entries, before)
        time.sleep(0.5)  # the window is the server's own
        for repeat in (entries, entries[2:], entries[:1]):
            with pytest.raises(MovedError):
                target.append(repeat, before)
        assert [key for _, key, _ in server.messages()] == keys(database)


def test_messages_say_which_entry_they_are(server: NatsServer, tmp_path: Path) -> None:
    with closing(new_collection(tmp_path)) as database, closing(JetStream(settings(server))) as target:
        add_tracks(database, 0, 3, camera="front door")
        entries = StreamReader(database).entries(after=0, limit=9)
        tip = target.append(entries, target.tip())
        assert tip == target.tip()
        assert (tip.number, tip.key, tip.place) == (3, entries[-1].key, 3)
        assert [subject for _, _, subject in server.messages()] == ["glimpse.node.track.front%20door"] * 3


@pytest.mark.parametrize(
    "headers", [None, {"Glimpse-Number": "x"}, {"Glimpse-Number": "9" * 5000}], ids=["none", "x", "long"]
)
def test_a_stream_of_others_is_refused(server: NatsServer, headers: dict[str, str] | None) -> None:
    make_stream(server)
    server.ask(lambda js: js.publish("glimpse.theirs", b"x", headers=headers))
    with closing(JetStream(settings(server))) as target, pytest.raises(ValueError, match="messages of others"):
        target.tip()


def test_tls_with_a_client_certificate(tmp_path: Path) -> None:
    with nats_server(tmp_path / "nats", tls=True) as server:
        with closing(JetStream(msgspec.convert(server.tls_settings(), NatsSettings))) as target:
            assert target.tip().place == 0
        without = server.tls_settings() | {"certificate": "", "key": ""}
        with (
            closing(JetStream(msgspec.convert(without, NatsSettings))) as target,
            pytest.raises(OSError, match=r"nats|servers|TLS|certificate|[Cc]onnection"),
        ):
            target.tip()
        with warnings.catch_warnings(action="ignore", category=ResourceWarning):
            gc.collect()  # the client forgets the connection of its first try, which the server has closed


@pytest.mark.parametrize(
    ("camera", "subject"),
    [("door", "s.n.track.door"), ("a.b *>", "s.n.track.a%2Eb%20%2A%3E"), ("ü/x", "s.n.track.%C3%BC%2Fx")],
)
def test_subjects_hold_no_wildcards(camera: str, subject: str) -> None:
    assert subject_of("s", Entry(1, "n", "e", f"v1/track/{camera}/", 0, 0.0, b"")) == subject


def test_without_the_client_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nats.errors", None)
    with pytest.raises(ValueError, match=r"expected the package nats-py: pip install '\.\[cluster\]'"):
        JetStream(NatsSettings(server="localhost"))


@pytest.mark.parametrize("topic", ["v1/identity//", "v1/identity/", "v1/identity/ */>/"])
def test_an_entry_with_an_empty_or_odd_name_does_not_keep_back_those_behind_it(
    server: NatsServer, tmp_path: Path, topic: str
) -> None:
    odd = [Entry(number, "", "e1", topic, number, 1.0, b"{}") for number in (1, 2)]
    with closing(JetStream(settings(server))) as target:
        assert target.append(odd, target.tip()).number == 2
        assert target.tip().number == 2
