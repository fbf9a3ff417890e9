"""The flag --listen of commands that answer over HTTP."""

MAX_PORT = 65_535
LONGEST_SHOWN = 100


def host_and_port(listen: str) -> tuple[str, int]:
    """Raises ValueError for what is no HOST:PORT."""
    bracketed, _, port = listen.rpartition(":")
    host = bracketed.strip("[]")
    if not host or any(letter.isspace() for letter in host) or not _is_port(port):
        raise ValueError(f"--listen {listen[:LONGEST_SHOWN]}: expected HOST:PORT, such as 127.0.0.1:9464")
    return host, int(port)


def _is_port(digits: str) -> bool:
    return digits.isascii() and digits.isdigit() and len(digits) <= len(str(MAX_PORT)) and int(digits) <= MAX_PORT
