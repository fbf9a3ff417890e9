"""Parses what a person writes as a source into cameras and recordings.

Each video in a folder or glob is a recording; all images in it together are one more. A video file on a web server is
a recording too: read as a live stream, it would lose frames and start again for ever.
"""

import difflib
import glob
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import takewhile
from pathlib import Path
from urllib.parse import unquote_to_bytes

from configs.mask import MASK
from detectors.pictures import PICTURE_SUFFIXES
from pipeline.capture.camera_names import MAX_NAME_LENGTH, channel_name, make_ascii_name, topic_name
from pipeline.capture.source_folder import VIDEO_SUFFIXES, only_pictures, sort_entries
from pipeline.capture.source_url import LIVE_SCHEMES, SourceUrl, SourceUrlError, parse_source_url
from pipeline.secrets.known_secrets import KNOWN_SECRETS
from pipeline.secrets.redact import redact, secret_parameters

_PARAMETERS = re.compile(r"[?#;&]|%(?:3F|23|3B|26)", re.IGNORECASE)
"""What begins the parameters of a URL: its query, its fragment, and those behind a part of its path."""
_MAYBE_URL = re.compile(rf"@|%40|^(?:{'|'.join(LIVE_SCHEMES)}):", re.IGNORECASE)

EXPECTED = "expected a URL (rtsp://, http://, …), a video file, a folder, a glob, or a webcam (0 or /dev/video0)"


class SourceKind(StrEnum):
    """`live` and `webcam` never end by themselves; `video` and `images` are recordings."""

    LIVE = "live"
    VIDEO = "video"
    IMAGES = "images"
    WEBCAM = "webcam"


@dataclass(frozen=True, slots=True)
class Source:
    """One camera or recording. `location` may hold a password: open it, never show it.

    redirect_hosts: where a live camera may redirect to, beside its own host.
    """

    name: str
    location: str = field(repr=False)
    kind: SourceKind
    redirect_hosts: tuple[str, ...] = ()

    @property
    def live(self) -> bool:
        return self.kind in (SourceKind.LIVE, SourceKind.WEBCAM)

    @property
    def is_local_recording(self) -> bool:
        """Whether it is a file or folder of this machine, neither a camera nor a recording on a web server."""
        return not self.live and "://" not in self.location

    @property
    def redacted_location(self) -> str:
        """The location without credentials."""
        return redact(self.location)

    def __repr__(self) -> str:
        return f"Source(name={self.name!r}, location={self.redacted_location!r}, kind={self.kind!s})"


def parse_source(text: str, *, name: str = "") -> list[Source]:
    """Parse what a person wrote into sources with unique names.

    name: of the source, in any script; where `text` stands for several sources, each name starts with it.

    Raises ValueError saying what was expected, FileNotFoundError with similar names for a file that does not exist.
    """
    name = name and _check_name(name)
    text = text.strip()
    if not text:
        raise ValueError(f"source '': {EXPECTED}")
    if re.match(r"file:/", text, re.IGNORECASE):
        text = _file_url_path(text)
    if "://" in text:
        return [_parse_url(text, name)]
    if re.fullmatch(r"/dev/video\d+", text) or (_is_number(text) and not os.path.exists(text)):
        return [_parse_webcam(text, name)]
    try:
        return _rename(_parse_path(text), name)
    except FileNotFoundError:
        raise
    except OSError as error:  # a file name that is too long, a folder without permission
        raise ValueError(f"source {_show_path(text)!r}: {error.strerror}, {EXPECTED}") from None


def show_source(text: str) -> str:
    """What a person wrote as a source, without anything secret; of a URL that cannot be used, only the scheme."""
    if "://" not in text:
        return _show_path(text)
    try:
        url = parse_source_url(text)
    except SourceUrlError:
        scheme = text.partition("://")[0].lower()
        return f"{scheme}://{MASK}" if scheme in LIVE_SCHEMES else MASK
    KNOWN_SECRETS.add(url.secrets())
    return redact(url.location)


def make_names_unique(sources: Iterable[Source]) -> list[Source]:
    """Number the sources that share a name: the second `door` becomes `door-2`."""
    sources = list(sources)
    original_names = {source.name for source in sources}
    used_names: set[str] = set()
    unique = []
    for source in sources:
        name, number = source.name, 2
        while name in used_names or (name != source.name and name in original_names):
            suffix = f"-{number}"
            name, number = source.name[: MAX_NAME_LENGTH - len(suffix)] + suffix, number + 1
        used_names.add(name)
        unique.append(replace(source, name=name))
    return unique


def list_images(location: str) -> list[Path]:
    """List the images of a folder, a glob or one file, in natural order (2 before 10)."""
    path = Path(location)
    paths: Iterable[Path]
    if path.is_dir():
        paths = path.iterdir()
    elif path.exists():
        paths = [path]
    else:
        paths = map(Path, glob.glob(location, recursive=True))
    return only_pictures(_sort_naturally(paths), path)


def _parse_url(text: str, name: str) -> Source:
    url = parse_source_url(text)
    KNOWN_SECRETS.add(url.secrets())
    recorded = url.scheme in ("http", "https") and Path(url.path).suffix.lower() in VIDEO_SUFFIXES - {".ts"}
    kind = SourceKind.VIDEO if recorded else SourceKind.LIVE
    return Source(name or _name_url(url), url.location, kind)


def _name_url(url: SourceUrl) -> str:
    """Host and channel of a recorder, else host and path up to the first parameter, whose value may be a secret under
    whatever key. Secrets that are known go first: one may hold the '?' that ends the path."""
    if channel := channel_name(url.rest):
        return make_ascii_name(f"{redact(url.host)}-{channel}")
    port = f"-{url.port}" if url.port and not url.path.strip("/") else ""
    shown = redact(f"{url.host}{port}{url.rest}")
    parts = _PARAMETERS.split(shown, maxsplit=1)[0].split("/")
    return make_ascii_name("/".join(takewhile(lambda part: "=" not in part and "%3d" not in part.lower(), parts)))


def _parse_webcam(text: str, name: str) -> Source:
    device = f"/dev/video{text.lstrip('0') or '0'}" if _is_number(text) else text
    return Source(name or make_ascii_name(Path(device).name), device, SourceKind.WEBCAM)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _parse_path(text: str) -> list[Source]:
    """The recordings of a file, folder or glob, named by the stems of their files."""
    path = Path(os.path.expanduser(text))  # unlike Path's, it leaves an unknown ~user alone
    if path.is_dir():
        paths, where = list(path.iterdir()), "the folder"
    elif path.exists():
        kind = SourceKind.IMAGES if path.suffix.lower() in PICTURE_SUFFIXES else SourceKind.VIDEO
        return [Source(make_ascii_name(path.stem), str(path), kind)]
    elif re.search(r"[*?\[]", text):
        paths, where = [Path(match) for match in glob.glob(str(path), recursive=True)], "the files it matches"
    else:
        shown = _show_path(text)
        if path.is_symlink():
            raise FileNotFoundError(f"source {shown!r}: a link to a file that does not exist")
        suggestion = _suggest_file(path) if shown == text else ""  # its folder may end within a secret
        raise FileNotFoundError(f"source {shown!r}: no such file, {suggestion or EXPECTED}")
    sources = _group_files(paths, path)
    if not sources:
        raise ValueError(f"source {_show_path(text)!r}: expected videos or images in {where}, found none")
    return sources


def _group_files(paths: Sequence[Path], location: Path) -> list[Source]:
    """One source for each video, and one at `location` for all images together; says what is left out."""
    entries = sort_entries(_sort_naturally(paths), location)
    entries.log()
    sources = [Source(make_ascii_name(path.stem), str(path), SourceKind.VIDEO) for path in entries.videos]
    if entries.pictures:
        folder = location.resolve() if location.is_dir() else location.resolve().parent
        sources.append(Source(make_ascii_name(re.sub(r"[*?\[\]]+", "", folder.name)), str(location), SourceKind.IMAGES))
    return sources


def _rename(sources: list[Source], name: str) -> list[Source]:
    """Apply the name that the person gave, if any, and make the names unique."""
    if name and len(sources) == 1:
        return [replace(sources[0], name=name)]
    if name:
        sources = [replace(source, name=make_ascii_name(f"{name}-{source.name}")) for source in sources]
    return make_names_unique(sources)


def _suggest_file(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"and no folder {redact(str(folder))!r}"
    similar = difflib.get_close_matches(path.name, [entry.name for entry in folder.iterdir()], 3, 0.6)
    return f"did you mean {' or '.join(repr(str(folder / match)) for match in similar)}?" if similar else ""


def _check_name(name: str) -> str:
    try:
        return topic_name(name)
    except ValueError as error:
        raise ValueError(f"name {redact(name)!r}: {error}") from None


def _file_url_path(url: str) -> str:
    """The path of a file URL (RFC 8089), percent-decoded; one that is not UTF-8 stays the name of its bytes.

    Raises ValueError where a host stands before the path, since files of other machines are not read.
    """
    path = re.sub(r"^//(localhost(?=/))?", "", url[len("file:") :], flags=re.IGNORECASE)
    decoded = os.fsdecode(unquote_to_bytes(path.encode("utf-8", "surrogateescape")))
    if not decoded.startswith(("/", "./", "../", "~")):
        shown = _show_path(decoded)
        raise ValueError(f"source 'file://{shown}': expected file:///path, as a file URL names files of this machine")
    return decoded


def _show_path(text: str) -> str:
    """A path for an error message; nothing of a text that may be a URL whose scheme was forgotten."""
    return MASK if _MAYBE_URL.search(text) or secret_parameters(text) else redact(text)


def _sort_naturally(paths: Iterable[Path]) -> list[Path]:
    return sorted(paths, key=lambda path: (_natural_key(str(path)), str(path)))


def _natural_key(text: str) -> list[tuple[int, str]]:
    """Sort key by which numbers compare by value: by length without leading zeros, then by digits."""
    runs = re.findall(r"\d+|\D+", re.sub(r"\d+", lambda run: run[0].lstrip("0") or "0", text))
    return [(len(run) if run.isdecimal() else 0, run) for run in runs]
