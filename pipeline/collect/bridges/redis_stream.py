"""A Redis Stream whose ids are the numbers of the store: entry 17 is 17-0.

Redis takes an id only if it is greater than every id the stream ever had, and keeps that one
(https://redis.io/docs/latest/commands/xadd/): a repeat is refused, also after entries were trimmed. What Redis itself
lost in a crash would leave a hole behind which it takes later ids; so a script, which runs as one step, appends only
where the stream's last id is the one that the bridge knows.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from configs.extras import install_extra
from pipeline.collect.bridges.servers import server_of
from pipeline.collect.bridges.target import Limit, MovedError, Tip
from pipeline.collect.entry import Entry
from pipeline.settings.rooms.collect import RedisSettings

if TYPE_CHECKING:
    from redis import Redis

PORT = 6379
ANSWER_SECONDS = 10.0
MOST = Limit(512 << 20, "proto-max-bulk-len of the Redis server")
"""What a server takes that was not told otherwise, and whose user may not ask it."""
_LAST = """
local last = '0-0'
if redis.call('EXISTS', KEYS[1]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then last = info[i + 1] end
  end
end
"""
_TIP = (
    _LAST
    + """
local key = ''
for _, entry in ipairs(redis.call('XREVRANGE', KEYS[1], last, last)) do
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 'id' then key = entry[2][i + 1] end
  end
end
return {last, key}
"""
)
_APPEND = (
    _LAST
    + """
if last ~= ARGV[1] then return 0 end
for i = 3, #ARGV, 3 do
  if ARGV[2] == '0' then
    redis.call('XADD', KEYS[1], ARGV[i], 'id', ARGV[i + 1], 'event', ARGV[i + 2])
  else
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], ARGV[i], 'id', ARGV[i + 1], 'event', ARGV[i + 2])
  end
end
return 1
"""
)


class RedisStream:
    """The stream of `collect.redis`. Raises ConfigurationError for wrong settings, ValueError without the client."""

    name = "redis"

    def __init__(self, settings: RedisSettings) -> None:
        self._settings, self._server = settings, server_of(settings, "collect.redis", PORT)
        try:
            import redis
        except ImportError:
            raise ValueError(f"collect.redis: expected the package redis: {install_extra('cluster')}") from None
        self._errors, self._refusals = redis.RedisError, redis.ResponseError
        self._client: Redis | None = None

    def tip(self) -> Tip:
        self.close()
        self._client = self._connect()
        last, key = self._ask(lambda client: client.eval(_TIP, 1, self._settings.stream))
        number, _, part = last.decode().partition("-")
        if part != "0" or (int(number) and not key and not self._is_trimmed()):
            raise ValueError(
                f"collect.redis: stream {self._settings.stream} has entries of others; name another stream"
            )
        return Tip(int(number), key.decode(), int(number))

    def limit(self) -> Limit:
        if self._client is None:
            raise OSError("redis: not connected")
        try:
            found = self._client.config_get("proto-max-bulk-len")
        except self._refusals:
            return MOST
        return MOST._replace(most=int(next(iter(found.values()), None) or MOST.most))

    def size_of(self, entry: Entry) -> int:
        return len(entry.body)

    def place(self) -> int:
        last, _ = self._ask(lambda client: client.eval(_TIP, 1, self._settings.stream))
        return int(last.partition(b"-")[0])

    def append(self, entries: Sequence[Entry], after: Tip) -> Tip:
        values: list[str | bytes | int] = [f"{after.place}-0", self._settings.max_entries]
        for entry in entries:
            values += [f"{entry.number}-0", entry.key, entry.body]
        if not self._ask(lambda client: client.eval(_APPEND, 1, self._settings.stream, *values)):
            raise MovedError
        last = entries[-1]
        return Tip(last.number, last.key, last.number)

    def close(self) -> None:
        if self._client:
            with suppress(self._errors, OSError):
                self._client.close()
        self._client = None

    def _is_trimmed(self) -> bool:
        """Whether the last entry itself is gone, rather than one without our field."""
        return not self._ask(lambda client: client.xrevrange(self._settings.stream, count=1))

    def _connect(self) -> "Redis":
        from redis import Connection, ConnectionPool, Redis, SSLConnection
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        server = self._server
        options: dict[str, Any] = {
            "host": server.host,
            "port": server.port,
            "username": server.username,
            "password": server.password,
            "socket_timeout": ANSWER_SECONDS,
            "socket_connect_timeout": ANSWER_SECONDS,
            "retry": Retry(NoBackoff(), 0),
        }
        if server.tls:
            options |= {
                "ssl_ca_certs": self._settings.ca or None,
                "ssl_certfile": self._settings.certificate or None,
                "ssl_keyfile": self._settings.key or None,
            }
        kind = SSLConnection if server.tls else Connection
        return Redis(connection_pool=ConnectionPool(connection_class=kind, max_connections=1, **options))

    def _ask(self, question: "Callable[[Redis], Any]") -> Any:
        if self._client is None:
            raise OSError("redis: not connected")
        try:
            return question(self._client)
        except self._errors as error:
            raise OSError(f"redis: {error}") from error
