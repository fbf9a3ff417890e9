"""Why a command of `glimpse history` lists nothing, in a sentence."""

from configs.postgres.address import is_postgres, show
from pipeline.history.reader import HistoryReader, Wanted
from recognizer.gallery.names import nearest_name, printable


def shown_history(history: str) -> str:
    """A history as messages call it: its file, or its address without a password."""
    return f"history {show(history) if is_postgres(history) else history}"


def why_no_track(
    reader: HistoryReader, history: str, wanted: Wanted, *, after: int | None = None, last_seen: bool = False
) -> str:
    """Why no track fits: there is none yet, nobody of this name, no such camera, or these flags together."""
    begin = shown_history(history)
    if not reader.tracks(limit=1):
        return f"{begin}: no track yet; glimpse history record writes them while a node runs"
    if last_seen:
        return f"{begin}: nobody was named yet"
    if after is not None:
        return f"{begin}: no track follows --after {after}"
    why = _why_not(wanted.person, "--person", reader.people()) or _why_not(wanted.camera, "--camera", reader.cameras())
    return f"{begin}: {why or 'no track fits these flags together'}"


def _why_not(name: str | None, flag: str, known: list[str]) -> str:
    """That no track has this name, and which is nearest; empty where one has."""
    if name is None or name in known:
        return ""
    near = nearest_name(name, known)
    hint = f"; did you mean {printable(near)}?" if near else ""
    return f"no track fits {flag} {printable(name)}{hint}"
