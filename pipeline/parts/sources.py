"""Where a run's pictures come from: the sources of every camera, and the feed that reads them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import msgspec

from configs.read import ConfigurationError
from pipeline.capture.camera_inbox import CameraInbox, MaskingInbox
from pipeline.capture.feed import Feed
from pipeline.capture.hardware import NoHardwareError, check_decoders
from pipeline.capture.live import LiveReader
from pipeline.capture.live_camera import LiveCamera
from pipeline.capture.mailbox import Mailbox
from pipeline.capture.main_stream import MainStream
from pipeline.capture.media_time import LiveMediaTime
from pipeline.capture.open import Reader
from pipeline.capture.recording import RecordingReader
from pipeline.capture.sources import Source, make_names_unique, parse_source
from pipeline.capture.stream import PacketFilm
from pipeline.settings.types import CameraSettings, Settings


class SourceUnreachableError(Exception):
    """A source that must be there is not (exit code 3)."""


def open_sources(settings: Settings) -> list[tuple[Source, CameraSettings]]:
    """Every camera's sources with unique names, and the settings of each.

    Raises ConfigurationError, and SourceUnreachableError for a file that does not exist.
    """
    found: list[tuple[Source, CameraSettings]] = []
    for number, camera in enumerate(settings.cameras, 1):
        if not camera.enabled:
            continue
        which = f"camera {number} of {len(settings.cameras)}: " if len(settings.cameras) > 1 else ""
        try:
            own = parse_source(camera.source, name=camera.name)
            _check_sub_stream(camera, own)
        except FileNotFoundError as error:
            raise SourceUnreachableError(f"{which}{error}") from None
        except ValueError as error:
            raise ConfigurationError(f"{which}{error}") from None
        found += [(replace(source, redirect_hosts=camera.allow_redirect_hosts), camera) for source in own]
    if not found:
        raise ConfigurationError("cameras: all have enabled: false, so there is nothing to watch")
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
    sources: Sequence[tuple[Source, CameraSettings]],
    mailbox: Mailbox,
    mains: Mapping[str, MainStream],
    film: Callable[[str], PacketFilm | None] = lambda camera: None,
) -> Feed:
    """What reads every source into the mailbox.

    mains: by camera, where the main stream is read beside a sub-stream.  film: what records a live camera.
    """
    return Feed(mailbox, [_open_reader(source, camera, mailbox, mains, film) for source, camera in sources])


def open_live_camera(
    source: Source,
    camera: CameraSettings,
    mailbox: Mailbox,
    main: MainStream | None,
    *,
    media_time: LiveMediaTime | None = None,
    film: PacketFilm | None = None,
) -> LiveCamera:
    """The readers of a live camera; nothing is opened before it starts.

    main: takes the main stream of a camera with a sub-stream.  media_time: goes on with an earlier clock.
    film: records the main stream.
    """
    inbox = CameraInbox(mailbox, camera.masks)
    own = None if main else film
    finding = LiveReader(finding_source(source, camera), inbox, camera, media_time=media_time, film=own)
    readers = [(finding, inbox)]
    if main:
        beside = CameraInbox(main, camera.masks)
        readers.append((LiveReader(source, beside, camera, film=film), beside))
    return LiveCamera(readers)


def _open_reader(
    source: Source,
    camera: CameraSettings,
    mailbox: Mailbox,
    mains: Mapping[str, MainStream],
    film: Callable[[str], PacketFilm | None],
) -> Reader:
    if source.live:
        return open_live_camera(source, camera, mailbox, mains.get(source.name), film=film(source.name))
    return RecordingReader(source, MaskingInbox(mailbox, camera.masks), camera)


def _check_sub_stream(camera: CameraSettings, sources: Sequence[Source]) -> None:
    """Raise ValueError where a camera with a sub-stream is not one live camera with two streams."""
    if not camera.sub_stream:
        return
    for key, found in (("source", sources), ("sub_stream", parse_source(camera.sub_stream))):
        if len(found) != 1 or not found[0].live:
            raise ValueError(f"{key} of a camera with sub_stream: expected the URL of one live stream")
