"""What is particular to Redis: ids, trimming, streams of others, TLS, and a client that is not installed."""

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from configs.read import ConfigurationError
from pipeline.collect.bridges.redis_stream import RedisStream
from pipeline.collect.reader import StreamReader
from pipeline.settings.rooms.collect import RedisSettings
from tests.synthetic.collection import add_tracks, keys, new_collection
from tests.synthetic.redis import RedisServer, redis_server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path / "redis") as server:
        yield server


def settings(server: RedisServer, **more: object) -> RedisSettings:
    return msgspec.convert(server.settings(**more), RedisSettings)


def test_ids_are_the_numbers_of_the_store(server: RedisServer, tmp_path: Path) -> None:
    with closing(new_collection(tmp_path)) as database, closing(RedisStream(settings(server))) as target:
        add_tracks(database, 0, 3)
        entries = StreamReader(database).entries(after=0, limit=9)
        target.append(entries, target.tip())
        assert server.entries() == [(f"{entry.number}-0", entry.key) for entry in entries]
        with server.client() as client:
            assert client.xrange("glimpse")[0][1][b"event"] == entries[0].body


def test_the_stream_is_trimmed_and_still_refuses_a_repeat(server: RedisServer, tmp_path: Path) -> None:
    limited = settings(server, max_entries=100)
    with closing(new_collection(tmp_path)) as database, closing(RedisStream(limited)) as target:
        add_tracks(database, 0, 1000)
        tip = target.tip()
        for after in (0, 500):
            tip = target.append(StreamReader(database).entries(after=after, limit=500), tip)
        assert 100 <= len(server.entries()) < 400
        assert server.entries()[-1][1] == keys(database)[-1]
        assert target.tip() == tip


@pytest.mark.parametrize("number", ["1700000000000-3", "17-0"])
def test_a_stream_of_others_is_refused(server: RedisServer, number: str) -> None:
    with server.client() as client:
        client.xadd("glimpse", {"theirs": "1"}, id=number)
    with closing(RedisStream(settings(server))) as target, pytest.raises(ValueError, match="entries of others"):
        target.tip()


def test_a_key_that_is_no_stream_is_an_error(server: RedisServer) -> None:
    with server.client() as client:
        client.set("glimpse", "text")
    with closing(RedisStream(settings(server))) as target, pytest.raises(OSError, match="WRONGTYPE"):
        target.tip()


@pytest.mark.parametrize("certificate", ["client.pem", ""])
def test_tls_with_a_client_certificate(tmp_path: Path, certificate: str) -> None:
    with redis_server(tmp_path / "redis", tls=True) as server:
        plain = server.tls_settings() | ({} if certificate else {"certificate": "", "key": ""})
        with closing(RedisStream(msgspec.convert(plain, RedisSettings))) as target:
            if certificate:
                assert target.tip().place == 0
            else:
                with pytest.raises(OSError, match="redis"):
                    target.tip()


def test_a_method_without_a_connection_is_an_error(server: RedisServer) -> None:
    target = RedisStream(settings(server))
    target.close()
    with pytest.raises(OSError, match="not connected"):
        target.place()


def test_without_the_client_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ValueError, match=r"expected the package redis: pip install '\.\[cluster\]'"):
        RedisStream(RedisSettings(server="localhost"))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"server": "a b"}, "collect.redis.server: expected HOST"),
        ({"server": "h", "username": "u"}, "collect.redis.password: expected one"),
        ({"server": "h", "ca": "/ca.pem"}, "collect.redis.tls: expected true"),
        ({"server": "h", "tls": True, "ca": "/no/ca.pem"}, "expected PEM files that fit"),
    ],
)
def test_settings_that_cannot_be_right(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        RedisStream(msgspec.convert(wrong, RedisSettings))
