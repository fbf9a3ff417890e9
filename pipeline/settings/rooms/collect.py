"""Section `collect`: which nodes are gathered into one stream of events, where it is kept, and where it goes."""

from typing import Annotated

from msgspec import Meta

from configs.fields import FilePath, RelativePath, Secret, Unit
from pipeline.history.retention import Days, Megabytes
from pipeline.settings.section import Section

CollectionPlace = Annotated[str, RelativePath(unless=r"postgres(ql)?://")]
Prefix = Annotated[str, Meta(pattern=r"^v1/[^\x00]*$(?!\n)", max_length=256)]
GATHERED = ("v1/identity/", "v1/track/", "v1/camera/", "v1/person/", "v1/alert/")
"""Everything but heartbeats, and samples, which are biometric data."""


class ServerSettings(Section, frozen=True, kw_only=True):
    """How a server is reached."""

    server: Annotated[str, Meta(description="HOST or HOST:PORT of the server; empty: none")] = ""
    username: Annotated[str, Meta(description="user name at the server; empty: none")] = ""
    password: Annotated[str, Secret(), Meta(description="password at the server, as ${env:NAME}")] = ""
    tls: Annotated[bool, Meta(description="encrypt the connection, and check the server's certificate")] = False
    ca: Annotated[FilePath, Meta(description="PEM file of the authority to trust; empty: those of the system")] = ""
    certificate: Annotated[FilePath, Meta(description="PEM file of a client certificate; empty: none")] = ""
    key: Annotated[FilePath, Meta(description="PEM file of the client certificate's key")] = ""


class RedisSettings(ServerSettings, frozen=True, kw_only=True):
    """A Redis Stream that gets every entry."""

    stream: Annotated[str, Meta(min_length=1, max_length=256, description="key of the stream")] = "glimpse"
    max_entries: Annotated[
        int, Meta(ge=0, description="about how many entries Redis keeps, the oldest go first; 0: all")
    ] = 0


class NatsSettings(ServerSettings, frozen=True, kw_only=True):
    """A stream of NATS JetStream that gets every entry."""

    stream: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$(?!\n)", description="name of the stream, made where it is missing")
    ] = "GLIMPSE"
    subject: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$(?!\n)",
            description="what subjects begin with, before node, kind and camera",
        ),
    ] = "glimpse"
    keep_days: Annotated[
        float, Meta(ge=0, description="how long a stream that is made here keeps entries; 0: for ever"), Unit("d")
    ] = 30.0


class CollectSettings(Section, frozen=True, kw_only=True):
    """One stream of the events of many nodes (docs/collect.md); read by `glimpse collect --config`."""

    file: Annotated[
        CollectionPlace, Meta(description="SQLite file, or postgresql://HOST/DATABASE, of the stream; needed")
    ] = ""
    nodes: Annotated[
        tuple[str, ...],
        Meta(description="addresses that nodes, histories and alerts publish on, such as tcp://door:5556"),
    ] = ()
    name: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$(?!\n)",
            description="name under which the nodes keep events for this collector; another one for each collector",
        ),
    ] = "collector"
    topics: Annotated[
        tuple[Prefix, ...], Meta(min_length=1, description="what is gathered, by the beginnings of topics")
    ] = GATHERED
    curve: Annotated[FilePath, Meta(description="client's folder of CURVE keys, where the buses need them")] = ""
    keep_days: Annotated[
        Days, Meta(description="how long entries are kept; those that a bridge lacks longer, up to keep_mb")
    ] = 30.0
    keep_mb: Annotated[Megabytes, Meta(description="most megabytes of entries")] = 20_000.0
    redis: RedisSettings = RedisSettings()
    nats: NatsSettings = NatsSettings()
