"""Messages reach every browser in order; one that does not fetch them is given the whole state, and slows nobody."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from pipeline.web.live import hub as hub_module
from pipeline.web.live.hub import FullError, Hub

SNAPSHOT = b"state;"


def make_hub(queue: int = 8) -> Hub:
    return Hub(lambda: SNAPSHOT, queue=queue)


async def take(messages: AsyncIterator[bytes], until: bytes) -> bytes:
    found = b""
    while not found.endswith(until):
        found += await asyncio.wait_for(anext(messages), 5)
    return found


def test_a_browser_begins_with_the_state_and_then_has_each_message_in_order() -> None:
    async def look() -> bytes:
        hub = make_hub()
        messages = hub.messages()
        first = await anext(messages)
        for number in range(5):
            hub.publish(b"%d;" % number)
        return first + await take(messages, b"4;")

    assert asyncio.run(look()) == SNAPSHOT + b"0;1;2;3;4;"


def test_fifty_browsers_and_one_that_sleeps() -> None:
    """The publisher's thread never waits, the others lose nothing, and the sleeper is given the state."""

    async def look() -> tuple[list[bytes], bytes, bytes]:
        hub = make_hub()
        sleeper = hub.messages()
        begin = await anext(sleeper)
        others = [hub.messages() for _ in range(50)]
        for other in others:
            assert await anext(other) == SNAPSHOT
        assert hub.browsers == 51
        step = asyncio.Event()

        async def read(messages: AsyncIterator[bytes]) -> bytes:
            return await take(messages, b"99;")

        readers = [asyncio.create_task(read(other)) for other in others]
        for number in range(100):
            thread = threading.Thread(target=hub.publish, args=(b"%d;" % number,))
            thread.start()
            await asyncio.to_thread(thread.join)
            step.set()
        found = list(await asyncio.gather(*readers))
        return found, begin, await anext(sleeper)

    found, begin, after = asyncio.run(look())
    assert found == [b"".join(b"%d;" % number for number in range(100))] * 50
    assert begin == after == SNAPSHOT


def test_an_event_loop_that_is_busy_for_long_costs_the_state_and_no_memory() -> None:
    async def look() -> bytes:
        hub = make_hub()
        messages = hub.messages()
        await anext(messages)
        for number in range(hub_module.INBOX_MESSAGES + 1):  # nothing else runs meanwhile
            hub.publish(b"%d;" % number)
        return await anext(messages)

    assert asyncio.run(look()) == SNAPSHOT


def test_closing_ends_all_streams_and_a_browser_that_leaves_is_forgotten() -> None:
    async def look() -> int:
        hub = make_hub()
        stays, leaves = hub.messages(), hub.messages()
        await anext(stays)
        await anext(leaves)
        await leaves.aclose()
        assert hub.browsers == 1
        hub.close()
        assert [message async for message in stays] in ([], [b""])
        return hub.browsers

    assert asyncio.run(look()) == 0


def test_there_is_room_for_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "MAX_BROWSERS", 1)

    async def look() -> None:
        hub = make_hub()
        first = hub.messages()
        await anext(first)
        with pytest.raises(FullError):
            await anext(hub.messages())

    asyncio.run(look())


def test_without_browsers_nothing_is_kept() -> None:
    hub = make_hub()
    hub.publish(b"lost")
    assert hub.browsers == 0
