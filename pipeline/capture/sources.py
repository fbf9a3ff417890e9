"""What a person may write as a source, and the cameras and recordings it means.

A folder or glob stands for several recordings; all pictures in it are one recording together. A file on a web server is
a recording too, since playing it "live" would drop its frames and start it again for ever.
"""

import difflib
import glob
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote, urlsplit

from pipeline.redact import redact

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
LIVE_SCHEMES = ("rtsp", "rtsps", "http", "https", "udp", "rtp", "srt", "rtmp", "rtmps", "tcp")
VIDEO_SUFFIXES = frozenset(
    ".mp4 .m4v .mov .mkv .webm .avi .ts .mts .m2ts .mpg .mpeg .wmv .flv .3gp .h264 .264 .h265 .265 .dav .asf".split()
)
PICTURE_SUFFIXES = frozenset(".jpg .jpeg .jpe .png .bmp .webp .tif .tiff .ppm .pgm .jp2".split())

EXPECTED = "expected a URL (rtsp://, http://, …), a video file, a folder, a glob, or a webcam (0 or /dev/video0)"


class SourceKind(StrEnum):
    """live and webcam never end by themselves; video and images are recordings."""

    LIVE = "live"
    VIDEO = "video"
    IMAGES = "images"
    WEBCAM = "webcam"


@dataclass(frozen=True, slots=True)
class Source:
    """One camera or recording. `location` may hold a password: it is for opening only, never for showing."""

    name: str
    location: str = field(repr=False)
    kind: SourceKind

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
    """Turn what a person wrote into sources with unique names.

    Raises ValueError saying what was expected, FileNotFoundError with the nearest names for a file that is not there.

    name: for the one source, or the beginning of every name where `text` means several.
    """
    if name and not NAME.fullmatch(name):
        raise ValueError(f"name {name!r}: expected letters, digits, '.', '_', '-', at most 64, no '.' or '-' first")
    text = text.strip()
    if not text:
        raise ValueError(f"source '': {EXPECTED}")
    if re.match(r"file://", text, re.IGNORECASE):
        text = text[len("file://") :]
    if "://" in text:
        return [_url(text, name)]
    if text.isdecimal() or re.fullmatch(r"/dev/video\d+", text):
        return [_webcam(text, name)]
    try:
        return _named(_files(text), name)
    except FileNotFoundError:
        raise
    except OSError as error:  # a name longer than any file's, a folder that may not be read
        raise ValueError(f"source {redact(text)!r}: {error.strerror}, {EXPECTED}") from None


def make_names_unique(sources: Iterable[Source]) -> list[Source]:
    """Give every source a name of its own: the second `door` becomes `door-2`."""
    sources = list(sources)
    given = {source.name for source in sources}
    taken: set[str] = set()
    result = []
    for source in sources:
        name, number = source.name, 2
        while name in taken or (name != source.name and name in given):
            suffix = f"-{number}"
            name, number = source.name[: 64 - len(suffix)] + suffix, number + 1
        taken.add(name)
        result.append(replace(source, name=name))
    return result


def list_images(location: str) -> list[Path]:
    """The pictures of a folder, a glob or one file, in natural order (2 before 10)."""
    path = Path(location)
    found: Iterable[Path]
    if path.is_dir():
        found = path.iterdir()
    elif path.exists():
        found = [path]
    else:
        found = map(Path, glob.glob(location, recursive=True))
    return [path for path in _natural(found) if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file()]


def _url(text: str, name: str) -> Source:
    scheme = text.partition("://")[0].lower()
    if scheme not in LIVE_SCHEMES:
        swapped = [known for known in LIVE_SCHEMES if sorted(known) == sorted(scheme)]
        near = swapped or difflib.get_close_matches(scheme, LIVE_SCHEMES, 1, 0.5)
        hint = f"did you mean {near[0]}://?" if near else f"expected one of {', '.join(LIVE_SCHEMES)}"
        raise ValueError(f"source {_safe_text(text)!r}: unknown kind of URL {scheme!r}, {hint}")
    if re.search(r"\s", text):
        raise ValueError(f"source {_safe_text(text)!r}: expected no spaces in a URL (write %20)")
    login, rest = _split_login(text.partition("://")[2])
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        host, path = parts.hostname or "", parts.path
        port = parts.port
    except ValueError as error:
        reason = redact(str(error))
        raise ValueError(
            f"source {redact(text)!r}: expected scheme://user:password@host:port/path ({reason})"
        ) from None
    if not host and scheme not in ("udp", "rtp", "srt"):
        raise ValueError(f"source {redact(text)!r}: expected a host, as in {scheme}://host/path")
    recording = scheme in ("http", "https") and Path(path).suffix.lower() in VIDEO_SUFFIXES - {".ts"}
    default = f"{host}{f'-{port}' if port and not path.strip('/') else ''}{redact(path)}"
    location = f"{scheme}://{_quoted(login)}@{rest}" if login else f"{scheme}://{rest}"
    return Source(name or _safe(default), location, SourceKind.VIDEO if recording else SourceKind.LIVE)


def _split_login(text: str) -> tuple[str, str]:
    """Cut `user:password@rest` at the last '@' that is not in the query; a password may hold '@', ':', '/' and '?'."""
    path, mark, query = text.partition("?")
    before, at, after = query.rpartition("@")
    if at and "=" not in before:  # a '?' inside the password, rather than a query that holds an '@'
        return f"{path}?{before}", after
    login, _, rest = path.rpartition("@")
    return login, f"{rest}{mark}{query}"


def _quoted(login: str) -> str:
    """Percent-encode what is not yet, since FFmpeg ends the host at the first '/'."""
    user, colon, password = login.partition(":")
    parts = [quote(re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", part), safe="%") for part in (user, password)]
    return colon.join(parts)


def _webcam(text: str, name: str) -> Source:
    device = f"/dev/video{int(text)}" if text.isdecimal() else text
    return Source(name or _safe(Path(device).name), device, SourceKind.WEBCAM)


def _files(text: str) -> list[Source]:
    """Recordings behind a path or glob, named by their stems."""
    path = Path(text).expanduser()
    if path.is_dir():
        found, where = list(path.iterdir()), "the folder"
    elif path.exists():
        kind = SourceKind.IMAGES if path.suffix.lower() in PICTURE_SUFFIXES else SourceKind.VIDEO
        return [Source(_safe(path.stem), str(path), kind)]
    elif re.search(r"[*?\[]", text):
        found, where = [Path(match) for match in glob.glob(str(path), recursive=True)], "what it matches"
    else:
        raise FileNotFoundError(f"source {redact(text)!r}: no such file, {_nearest(path) or EXPECTED}")
    sources = _recordings(found, path)
    if not sources:
        raise ValueError(f"source {redact(text)!r}: expected videos or pictures in {where}, found none")
    return sources


def _recordings(found: Sequence[Path], place: Path) -> list[Source]:
    files = [path for path in _natural(found) if path.is_file()]
    videos = [path for path in files if path.suffix.lower() in VIDEO_SUFFIXES]
    sources = [Source(_safe(path.stem), str(path), SourceKind.VIDEO) for path in videos]
    if any(path.suffix.lower() in PICTURE_SUFFIXES for path in files):
        stem = place.resolve().name if place.is_dir() else place.resolve().parent.name
        sources.append(Source(_safe(re.sub(r"[*?\[\]]+", "", stem)), str(place), SourceKind.IMAGES))
    return sources


def _named(sources: list[Source], name: str) -> list[Source]:
    if name and len(sources) == 1:
        return [replace(sources[0], name=name)]
    if name:
        sources = [replace(source, name=_safe(f"{name}-{source.name}")) for source in sources]
    return make_names_unique(sources)


def _nearest(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"nor is there a folder {redact(str(folder))!r}"
    near = difflib.get_close_matches(path.name, [entry.name for entry in folder.iterdir()], 3, 0.6)
    return f"did you mean {' or '.join(repr(str(folder / match)) for match in near)}?" if near else ""


def _safe(text: str) -> str:
    """Make a name fit for topics; what has no usable letter is called `source`."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).lstrip("._-")[:64].rstrip("._-") or "source"


def _safe_text(text: str) -> str:
    """Redact a URL that does not parse, where even a space may be part of the password."""
    scheme, mark, rest = text.partition("://")
    return redact(f"{scheme}{mark}***@{rest.rpartition('@')[2]}") if "@" in rest else redact(text)


def _natural(paths: Iterable[Path]) -> list[Path]:
    return sorted(paths, key=lambda path: (_natural_key(str(path)), str(path)))


def _natural_key(text: str) -> list[tuple[int, str]]:
    """Numbers compare by value: by length without leading zeros, then by digits."""
    runs = re.findall(r"\d+|\D+", re.sub(r"\d+", lambda run: run[0].lstrip("0") or "0", text))
    return [(len(run) if run.isdecimal() else 0, run) for run in runs]
