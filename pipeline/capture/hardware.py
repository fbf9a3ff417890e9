"""Decodes live streams on a video card, where there is one, through FFmpeg's hardware acceleration.

Pictures are copied back to memory, where detectors and recognisers read them. None of the devices was tried: no machine
with one was at hand.
"""

import logging
from collections.abc import Iterable
from functools import cache
from typing import Any

import av
from av.codec.hwaccel import HWAccel, HWDeviceType

SOFTWARE, AUTO = "software", "auto"
CODEC = "h264"  # a device that decodes it is usable; what it cannot decode is decoded in software

logger = logging.getLogger(__name__)


class NoHardwareError(Exception):
    """A device cannot decode here; the message says why and what to set instead."""


def hardware_decoder(decode: str) -> HWAccel | None:
    """What to give av.open: None for `software`, and for `auto` where no device works.

    A stream of a codec that the device does not know is decoded in software. Raises NoHardwareError for a device that
    does not work here.
    """
    name = _first_that_works() if decode == AUTO else decode
    if name == SOFTWARE:
        return None
    if reason := _failure(name):
        raise NoHardwareError(f"decode {name}: {reason}; set software, or auto for whatever works here")
    return HWAccel(name, allow_software_fallback=True)


def check_decoders(names: Iterable[str]) -> None:
    """Raise NoHardwareError for the first device that does not work here."""
    for name in dict.fromkeys(names):
        hardware_decoder(name)


@cache
def _first_that_works() -> str:
    """The first device that FFmpeg knows for H.264 and that works; software where none does."""
    for config in _configs():
        name = HWDeviceType(config.device_type).name
        if not _failure(name):
            logger.info("video is decoded by %s", name)
            return str(name)
    logger.info("video is decoded in software: no other device works here")
    return SOFTWARE


@cache
def _failure(name: str) -> str:
    """Why a device cannot decode H.264 here; empty where it can."""
    if name not in {HWDeviceType(config.device_type).name for config in _configs()}:
        return "this build of PyAV does not support it"
    try:
        HWAccel(name, allow_software_fallback=False).create(av.Codec(CODEC, "r"))
    except (av.FFmpegError, NotImplementedError, RuntimeError, ValueError) as error:
        return f"no such device works here ({getattr(error, 'strerror', None) or error})"
    return ""


def _configs() -> Iterable[Any]:
    """What FFmpeg can decode H.264 with, each with a `device_type`."""
    return av.Codec(CODEC, "r").hardware_configs or ()
