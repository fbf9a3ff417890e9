"""Where a run's pictures come from: the sources of every camera, and the feed that reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec

from configs.read import ConfigurationError
from pipeline.capture.camera_inbox import CameraInbox
from pipeline.capture.feed import Feed
from pipeline.capture.hardware import NoHardwareError, check_decoders
from pipeline.capture.live import LiveReader
from pipeline.capture.mailbox import Mailbox
from pipeline.capture.main_stream import MainStream
from pipeline.capture.open import open_reader
from pipeline.capture.sources import Source, make_names_unique, parse_source
from pipeline.settings.types import CameraSettings, Settings


class SourceUnreachableError(Exception):
    """A source that must be there is not (exit code 3)."""


def open_sources(settings: Settings) -> list[tuple[Source, CameraSettings]]:
    """Every camera's sources with unique names, and the settings of each.

    Raises ConfigurationError, and SourceUnreachableError for a file that does not exist.
    """
    found: list[tuple[Source, CameraSettings]] = []
    for number, camera in enumerate(settings.cameras, 1):
        which = f"camera {number} of {len(settings.cameras)}: " if len(settings.cameras) > 1 else ""
        try:
            own = parse_source(camera.source, name=camera.name)
            _check_sub_stream(camera, own)
        except FileNotFoundError as error:
            raise SourceUnreachableError(f"{which}{error}") from None
        except ValueError as error:
            raise ConfigurationError(f"{which}{error}") from None
        found += [(replace(source, redirect_hosts=camera.allow_redirect_hosts), camera) for source in own]
    try:
        check_decoders(camera.decode for source, camera in found if source.live)
    except NoHardwareError as error:
        raise ConfigurationError(str(error)) from None
    named = make_names_unique(source for source, _ in found)
    return [
        (source, msgspec.structs.replace(camera, name=source.name))
        for source, (_, camera) in zip(named, found, strict=True)
    ]


def finding_source(source: Source, camera: CameraSettings) -> Source:
    """The stream of a camera that faces are found in: its sub-stream where it has one."""
    if not camera.sub_stream:
        return source
    [sub_stream] = parse_source(camera.sub_stream, name=source.name)
    return replace(sub_stream, redirect_hosts=camera.allow_redirect_hosts)


def open_feed(
    sources: Sequence[tuple[Source, CameraSettings]], mailbox: Mailbox, mains: Mapping[str, MainStream]
) -> Feed:
    """What reads every source into the mailbox. mains: by camera, where the main stream is read beside a sub-stream."""
    readers = [
        open_reader(finding_source(source, camera), CameraInbox(mailbox, camera.masks), camera)
        for source, camera in sources
    ]
    beside = [
        LiveReader(source, CameraInbox(mains[source.name], camera.masks), camera)
        for source, camera in sources
        if camera.sub_stream
    ]
    return Feed(mailbox, readers, beside=beside)


def _check_sub_stream(camera: CameraSettings, sources: Sequence[Source]) -> None:
    """Raise ValueError where a camera with a sub-stream is not one live camera with two streams."""
    if not camera.sub_stream:
        return
    for key, found in (("source", sources), ("sub_stream", parse_source(camera.sub_stream))):
        if len(found) != 1 or not found[0].live:
            raise ValueError(f"{key} of a camera with sub_stream: expected the URL of one live stream")
