"""Builds camera URLs around a known secret and runs them through whatever parses, names or prints a source.

No part of the secret may show, in any encoding, and an accepted URL must dial the host that was meant. By hand:
`python -m tests.fuzz.urls --count 500000 --seed 1` (`make fuzz`); an error prints the seed of its one case.
"""

import argparse
import html
import io
import json
import logging
import random
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, unquote

import av
from rich.console import Console
from rich.progress import track

from configs.read import ConfigurationError, load_yaml
from detectors.runtime import count_cores
from pipeline.capture.sources import Source, parse_source, show_source
from pipeline.capture.stream import classify_error
from pipeline.parts.sources import SourceUnreachableError, open_sources
from pipeline.secrets.known_secrets import KNOWN_SECRETS
from pipeline.secrets.redact import _RedactingFactory, redact
from pipeline.settings.flags import parse_command_line
from pipeline.settings.load import format_settings, make_settings
from pipeline.settings.types import Settings

HOST = "cam.example"
MARKS = ("Qx7", "Zk9", "Jw4")
"""Stand in every secret and nowhere else: one of them in a text is a part of the secret."""
ODD = (
    *tuple("?=@:/#&%;, '\"\\<>[]{}|^`~!$*()+-._éß字😀İ\uff0f\uff1a\uff20\t\x7f\u200b\u202e"),
    *("%40", "%3F", "%zz", "://", "@@", "//", "&x=", "?y=", "12", "8080", "@h/", ":1/", "@[::1]", "&amp;", "%2540"),
    *("***", "${", "=?", "?=", ":554/", "@10.0.0.9:554/", "password=", "_channel", "_stream", "%26a%3D"),
)
PART = 1000  # cases that a process runs at once
SLOW_SHARE = 20  # one case in so many is tried in the slow places too
SCHEMES = ("rtsp", "rtsps", "http", "https", "rtmp", "srt", "RTSP", "rstp", "tcp", "gopher")
PATHS = ("", "/", "/live", "/h264/ch1/main?channel=1&subtype=0", ":554/live", ":8080", "/v.mjpg?x=1#top", "/clip.mp4")
PLACES: tuple[Callable[[str, str], str], ...] = (
    lambda secret, rest: f"admin:{secret}@{HOST}{rest}",
    lambda secret, rest: f"{secret}:pw@{HOST}{rest}",
    lambda secret, rest: f"{secret}@{HOST}{rest}",
    lambda secret, rest: f":{secret}@{HOST}{rest}",
    lambda secret, rest: f"{secret}:{secret}@{HOST}{rest}",
    lambda secret, rest: f"{HOST}/live?user=admin&password={secret}",
    lambda secret, rest: f"{HOST}/live?token={secret}&channel=1",
    lambda secret, rest: f"admin:x@{HOST}/live?access_token={secret}",
    lambda secret, rest: f"{HOST}/user=admin_password={secret}_channel=1_stream=0.sdp",
)
ENV_PLACES: tuple[Callable[[str, str], str], ...] = (
    *PLACES,
    lambda secret, rest: f"{HOST}/{secret}/live",
    lambda secret, rest: f"{HOST}/live#{secret}",
    lambda secret, rest: f"{HOST}/v.mjpg;k={secret}",
)
NO_HOST: tuple[Callable[[str, str], str], ...] = (
    lambda secret, rest: f"admin:{secret}",
    lambda secret, rest: f"admin:{secret}@",
    lambda secret, rest: f"{secret}@",
)


@dataclass(frozen=True)
class Case:
    """One URL: the text with `${env:SECRET}` where the environment gives the secret, and the secret."""

    text: str
    secret: str
    has_host: bool
    by_form: bool = True  # the form of the URL says what is secret; elsewhere only `${env:}` does

    @property
    def url(self) -> str:
        """The URL with the secret in it."""
        return self.text.replace("${env:SECRET}", self.secret)

    @property
    def whole_only(self) -> bool:
        """Whether a part of the secret cannot be told from the next parameter of a query, `&name=`."""
        return bool(re.search(r"[&;,?][A-Za-z][\w.-]*=|%26\w+%3d|_channel=|_stream=", self.secret, re.IGNORECASE))


def make_case(random: random.Random) -> Case:
    """A URL with a secret in one of the places that a person puts it."""
    odd = ["".join(random.choices(ODD, k=random.choice((0, 1, 1, 2, 3)))) for _ in range(4)]
    secret = f"{odd[0]}{MARKS[0]}{odd[1]}{MARKS[1]}{odd[2]}{MARKS[2]}{odd[3]}".strip()
    secret = secret.lstrip("* \t")  # a mask and the next parameter would look like a secret that begins with the mask
    if random.random() < 0.2:
        secret = quote(secret, safe=random.choice(("", "@", "?=", "/:")))
    if random.random() < 0.5:
        place, written = random.choice(ENV_PLACES), "${env:SECRET}"
    else:
        place, written = random.choice((*PLACES, *NO_HOST)), secret
    if place in NO_HOST and re.search("[@/?#]|%40", secret):
        place = PLACES[0]  # it would be a good URL of another host
    scheme = random.choice(("rtsp://", "rtsp://", *(f"{name}://" for name in SCHEMES), "", "rtsp:/", "rtsp:"))
    if place in NO_HOST and not scheme:
        scheme = "rtsp://"  # without one it is a file's name
    by_form = place in PLACES or place in NO_HOST
    return Case(f"{scheme}{place(written, random.choice(PATHS))}", secret, place not in NO_HOST, by_form)


def check(case: Case, folder: Path | None = None) -> None:
    """Raises AssertionError for a text that shows a part of the secret, and for a wrong host.

    folder: with one, slow places are tried too: YAML files in this folder, wrong keys, flags and whole settings.
    """
    KNOWN_SECRETS.clear()
    for where, text in _texts(case, folder):
        shown = next((form for form in _decoded(text) if _shows(case, form)), None)
        assert shown is None, f"{where} shows {case.secret!r} of {case.text!r}: {text!r}"


def _shows(case: Case, text: str) -> bool:
    if case.whole_only:
        return case.secret.lower() in text.lower() or unquote(case.secret).lower() in text.lower()
    return any(mark.lower() in text.lower() for mark in MARKS)


def _decoded(text: str) -> Iterator[str]:
    yield text
    for _ in range(2):
        text = unquote(html.unescape(text))
        yield text
    with suppress(ValueError):
        yield str(json.loads(f'"{text}"'))


def _texts(case: Case, folder: Path | None) -> Iterator[tuple[str, str]]:
    """Every text that leaves the process, with where it comes from."""
    if folder is not None:
        yield from _wrong_places(case)
        yield from _yaml(case, folder)
        yield from _flags(case)
    for text in {case.text, case.url} if case.by_form else {case.text}:
        KNOWN_SECRETS.clear()
        yield from _as_setting(case, text, whole=folder is not None)
    KNOWN_SECRETS.clear()
    if case.by_form:
        yield from _plain(case)


def _plain(case: Case) -> Iterator[tuple[str, str]]:
    """The URL as a flag or a library gives it to `parse_source`."""
    try:
        (source, *_) = parse_source(case.url)
    except (ValueError, OSError) as error:
        yield "refusal", str(error)
        yield "its traceback", redact("".join(traceback.format_exception(error)))
        return
    yield from _of_source(case, source)


def _of_source(case: Case, source: Source) -> Iterator[tuple[str, str]]:
    yield "name", source.name
    yield "repr", repr(source)
    yield "redacted location", source.redacted_location
    yield "error of FFmpeg", classify_error(av.error.OSError(7777, f"no {source.location}", source.location)).reason
    yield "error of a library", classify_error(RuntimeError(f"{source.location!r} failed")).reason
    record = _RedactingFactory()("x", logging.INFO, "x", 1, "%s %r", (source.location, case.url), None)
    yield "log", record.getMessage()
    note = "" if case.whole_only else case.secret
    yield "JSON", redact(json.dumps({"url": source.location, "note": note}))
    yield "page", redact(html.escape(f"{source.location} {note}"))
    if "://" in source.location:
        host = _dialled(source.location)
        assert not case.has_host or host == HOST, f"{case.text!r} with {case.secret!r} dials {host!r}"
        yield "host", host


def _as_setting(case: Case, text: str, *, whole: bool) -> Iterator[tuple[str, str]]:
    """The URL as `source` and `sub_stream` of a configuration."""
    raw = {"cameras": [{"source": text}, {"source": "rtsp://other.example/x", "sub_stream": text}]}
    try:
        settings = make_settings(raw, environment={"SECRET": case.secret})
    except ConfigurationError as error:
        yield "refused setting", str(error)
        return
    yield "source as shown", show_source(settings.cameras[0].source)
    if whole:
        yield "--check", format_settings(settings)
    try:
        for source, _ in open_sources(settings):
            if source.name != "other.example-x":
                yield from _of_source(case, source)
    except (ConfigurationError, SourceUnreachableError) as error:
        yield "refused source", str(error)


def _wrong_places(case: Case) -> Iterator[tuple[str, str]]:
    """The secret and the URL under keys that do not take them, and among the flags."""
    for value in (case.secret, case.url, case.text, "${env:SECRET}"):
        for raw in _misplaced(value):
            try:
                settings = make_settings(raw, environment={"SECRET": case.secret})
            except ConfigurationError as error:
                yield "wrong key", str(error)
            else:
                assert isinstance(settings, Settings)
        KNOWN_SECRETS.clear()


def _misplaced(value: str) -> Iterator[dict[str, object]]:
    camera = {"source": "rtsp://other.example/x"}
    yield {"cameras": [camera | {"name": value}]}
    yield {"cameras": [camera | {"fps": value}]}
    yield {"cameras": [camera | {"password": value}]}
    yield {"cameras": [{"source": {"url": value, "password": value}}]}
    yield {"cameras": [{"source": [value]}]}
    yield {"cameras": value}
    yield {"node": value}
    yield {"device": value}


def _yaml(case: Case, folder: Path) -> Iterator[tuple[str, str]]:
    """A file in which the secret stands without quotes, so that it may break the syntax."""
    path = folder / "site.yaml"
    path.write_text(f"cameras:\n- source: {case.url}\n  password: {case.secret}\n", "utf-8", "surrogatepass")
    try:
        make_settings(load_yaml(path))
    except ConfigurationError as error:
        yield "YAML", str(error)


def _dialled(location: str) -> str:
    """The host that FFmpeg takes from a URL (`av_url_split` in libavformat/utils.c)."""
    address = re.split(r"[/?#]", location.partition("://")[2], maxsplit=1)[0].rpartition("@")[2]
    return address[1 : address.index("]")] if address.startswith("[") else address.partition(":")[0]


def _flags(case: Case) -> Iterator[tuple[str, str]]:
    """The URL behind an unknown flag, and as its value."""
    if case.by_form:
        yield "unknown flag", _refuse_flag("--sauce", case.url)
        yield "value of an unknown flag", _refuse_flag(f"--sauce={case.url}")


def _refuse_flag(*arguments: str) -> str:
    stderr, sys.stderr = sys.stderr, io.StringIO()
    try:
        parse_command_line(arguments)
    except SystemExit:
        return sys.stderr.getvalue()
    finally:
        sys.stderr = stderr
    raise AssertionError("an unknown flag was accepted")


def main(arguments: list[str] | None = None) -> int:
    """Run many cases, a process for each core; returns 1 after the first that fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.urls", description=__doc__)
    parser.add_argument("--count", type=int, default=500_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--folder", type=Path, default=Path("/dev/shm" if Path("/dev/shm").is_dir() else "."))
    parser.add_argument("--jobs", type=int, default=count_cores(), help="processes (one for each core)")
    options = parser.parse_args(arguments)
    seeds = range(options.seed, options.seed + options.count)
    parts = [seeds[first : first + PART] for first in range(0, len(seeds), PART)]
    with ProcessPoolExecutor(min(options.jobs, len(parts)), mp_context=get_context("spawn")) as pool:
        found = pool.map(partial(find_fault, folder=options.folder), parts)
        fault = next(filter(None, track(found, "URLs", total=len(parts), console=Console(stderr=True))), "")
        pool.shutdown(cancel_futures=True)
    if fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    sys.stdout.write(f"{options.count} URLs from seed {options.seed}: no secret shown, no wrong host\n")
    return 0


def find_fault(seeds: Sequence[int], *, folder: Path) -> str:
    """The first of these cases that fails, in words; empty where none does. Some are tried in slow places too."""
    with TemporaryDirectory(dir=folder) as own:
        for seed in seeds:
            try:
                check(make_case(random.Random(seed)), None if seed % SLOW_SHARE else Path(own))
            except AssertionError as error:
                return f"seed {seed}: {error}"
    return ""


if __name__ == "__main__":
    sys.exit(main())
