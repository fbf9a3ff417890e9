"""Reads the URL of a camera, in which a person may have written the password as it is.

Every '@' could end the login, so each is tried: in `rtsp://user:p@ss/word@host/path` the host may be `ss` or `host`. A
URL that can be read in two ways is refused, since the wrong one would dial a part of the password. Nothing of a refused
URL is repeated but its scheme: what stands where in it is unknown.
"""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from pipeline.secrets.redact import secret_parameters

LIVE_SCHEMES = ("rtsp", "rtsps", "http", "https", "udp", "rtp", "srt", "rtmp", "rtmps", "tcp")
SCHEMES_WITHOUT_HOST = ("udp", "rtp", "srt")

_ADDRESS = re.compile(
    r"(?P<host>[\w.-]+|\[[0-9A-Fa-f:.]+(?:%(?:25)?[A-Za-z0-9._-]+)?\]|)(?::(?P<port>[0-9]{1,5}))?(?P<rest>/?$|[/?#].*)",
    re.DOTALL,
)


class SourceUrlError(ValueError):
    """The URL cannot be used; the message says why and repeats nothing that may be secret."""


@dataclass(frozen=True, slots=True)
class SourceUrl:
    """One camera's URL, taken apart. port: 0 where none is given.  rest: path, query and fragment as written."""

    scheme: str
    login: str = field(repr=False)
    host: str
    port: int
    rest: str = field(repr=False)

    @property
    def path(self) -> str:
        """The path without query and fragment."""
        return re.split(r"[?#]", self.rest, maxsplit=1)[0]

    @property
    def is_rtsp(self) -> bool:
        return self.scheme in ("rtsp", "rtsps")

    @property
    def encoded_login(self) -> str:
        """`user:password` with the characters percent-encoded that are not yet."""
        return ":".join(map(encode_part, self.login.split(":", 1)))

    @property
    def location(self) -> str:
        """The URL for FFmpeg, with the login percent-encoded, as FFmpeg ends the host at the first '/', '?' or '#'."""
        login = f"{self.encoded_login}@" if self.login else ""
        return f"{self.scheme}://{login}{self.host}{f':{self.port}' if self.port else ''}{self.rest}"

    def secrets(self) -> Iterator[str]:
        """What must never be shown: the password, values such as `token=`, and a user that is more than a word."""
        for colon in re.finditer(":", self.login):  # either part may hold one
            yield self.login[colon.end() :]
            if re.search("[^A-Za-z]", user := self.login[: colon.start()]):  # `admin` in a log is no secret, a token is
                yield user
        yield self.login
        yield from secret_parameters(self.rest)


def parse_source_url(text: str) -> SourceUrl:
    """Take a URL apart. Raises SourceUrlError where it has no reading, or more than one."""
    written, _, address = text.partition("://")
    scheme = written.lower()
    if scheme not in LIVE_SCHEMES:
        shown = f"{scheme}://" if re.fullmatch("[a-z]{2,8}", scheme) else ""  # it may be a user before a password
        raise SourceUrlError(f"source '{shown}***': unknown URL scheme, {_suggest_scheme(scheme)}")
    if re.search(r"[\s\x00-\x1f\x7f]", text):
        raise SourceUrlError(f"source '{scheme}://***': expected no spaces in a URL (write %20)")
    readings = list(_readings(scheme, address))
    if len(readings) > 1:
        raise SourceUrlError(
            f"source '{scheme}://***': it can be read in two ways; write %40 for every '@' of the password or the path"
        )
    if not readings:
        raise SourceUrlError(f"source '{scheme}://***': {_fault(scheme, address)}")
    return readings[0]


def _readings(scheme: str, address: str) -> Iterator[SourceUrl]:
    """Every way to split `login@host:port/path` in which host and port are possible."""
    ends = [-1, *(match.start() for match in re.finditer("@", address))]
    for end in ends:
        found = _ADDRESS.fullmatch(address[end + 1 :])
        if not found or not (found["host"] or scheme in SCHEMES_WITHOUT_HOST) or int(found["port"] or 0) > 65535:
            continue
        yield SourceUrl(scheme, address[: max(end, 0)], found["host"], int(found["port"] or 0), found["rest"])


def _fault(scheme: str, address: str) -> str:
    """What is wrong with an address that has no reading."""
    last = re.split(r"[/?#]", address.rpartition("@")[2], maxsplit=1)[0]
    if not last.partition(":")[0] and not last.startswith("["):
        return f"expected a host, as in {scheme}://host/path"
    return f"expected {scheme}://user:password@host:port/path, with a host name or address and a port up to 65535"


def _suggest_scheme(scheme: str) -> str:
    transposed = [known for known in LIVE_SCHEMES if sorted(known) == sorted(scheme)]
    similar = transposed or difflib.get_close_matches(scheme, LIVE_SCHEMES, 1, 0.5)
    return f"did you mean {similar[0]}://?" if similar else f"expected one of {', '.join(LIVE_SCHEMES)}"


def encode_part(text: str) -> str:
    """Percent-encode a user, password or value; what is encoded already stays."""
    return quote(re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text), safe="%", errors="surrogatepass")
