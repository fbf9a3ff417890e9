"""The flag --listen of commands that answer over HTTP."""

MAX_PORT = 65_535


def host_and_port(listen: str) -> tuple[str, int]:
    """Raises ValueError for what is no HOST:PORT."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > MAX_PORT:
        raise ValueError(f"--listen {listen}: expected HOST:PORT, such as 127.0.0.1:9464")
    return host.strip("[]"), int(port)
