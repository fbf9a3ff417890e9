"""What the page hears on its buses, as server-sent events for programs."""

import msgspec

from pipeline.bus.client import Gap, Item
from pipeline.events import AlertEvent, Event, SampleEvent, encode

KINDS = ("track", "identity", "camera", "health", "person", "alert")
"""Samples are left out: they hold faces and templates."""


def as_message(item: Item) -> bytes | None:
    """An event in the format of server-sent events, named by its kind, without a crop; None for what is not sent."""
    if isinstance(item, Gap | SampleEvent):
        return None
    return b"event: " + kind_of(item).encode() + b"\ndata: " + encode(_without_crop(item)) + b"\n\n"


def kind_of(event: Event) -> str:
    """The word that its JSON object has as `kind`."""
    return str(type(event).__struct_config__.tag)


def chosen(messages: bytes, kinds: frozenset[str]) -> bytes:
    """Of several messages, those of these kinds, and those about the stream itself."""
    others = tuple(f"event: {kind}\n".encode() for kind in KINDS if kind not in kinds)
    kept = [message for message in messages.split(b"\n\n") if message and not message.startswith(others)]
    return b"".join(message + b"\n\n" for message in kept)


def _without_crop(event: Event) -> Event:
    return msgspec.structs.replace(event, crop=b"") if isinstance(event, AlertEvent) else event
