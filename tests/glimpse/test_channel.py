"""The bounded queue between the pipeline's thread and the caller's."""

import threading

import pytest

from glimpse.channel import Channel


def test_items_come_out_in_order_and_then_the_end() -> None:
    channel: Channel[int] = Channel(3)
    for item in (1, 2, 3):
        channel.put(item)
    channel.end()
    assert [channel.take() for _ in range(5)] == [1, 2, 3, None, None]


def test_a_full_channel_makes_its_writer_wait() -> None:
    channel: Channel[int] = Channel(1)
    written: list[int] = []

    def write() -> None:
        for item in range(4):
            channel.put(item)
            written.append(item)
        channel.end()

    writer = threading.Thread(target=write)
    writer.start()
    taken = []
    while (item := channel.take()) is not None:
        taken.append(item)
        assert len(written) <= item + 2
    writer.join()
    assert taken == [0, 1, 2, 3]


def test_a_writer_that_waits_goes_on_when_nobody_takes_any_more() -> None:
    channel: Channel[int] = Channel(1)
    channel.put(1)
    writer = threading.Thread(target=channel.put, args=(2,))
    writer.start()
    channel.abandon()
    writer.join()
    assert channel.take() is None


def test_a_channel_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 1 or more, got 0"):
        Channel(0)
