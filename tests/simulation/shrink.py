"""Makes a failing script short: removes actions while it still fails (delta debugging, Zeller and Hildebrandt, IEEE TSE
2002), then shortens what is left.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.simulation.script import Script

Fails = Callable[[Script], bool]


def shrink(script: Script, fails: Fails) -> Script:
    """Return a part of a failing script that fails too, and from which no single action can be taken."""
    script = next((part for part in _last_parts(script) if fails(part)), script)
    chunk = max(1, len(script) // 2)
    while True:
        shorter = next((part for part in _without_chunks(script, chunk) if fails(part)), None)
        if shorter is not None:
            script, chunk = shorter, max(1, min(chunk, len(shorter) // 2))
        elif chunk > 1:
            chunk //= 2
        else:
            return _shorten_waits(script, fails)


def _last_parts(script: Script) -> Iterator[Script]:
    """The last actions, few and quickly played first: a fault seldom needs what came long before."""
    count = 1
    while count < len(script):
        yield script[-count:]
        count *= 2


def _without_chunks(script: Script, chunk: int) -> Iterator[Script]:
    """Leave out so many actions at each place."""
    for start in range(0, len(script), chunk):
        yield script[:start] + script[start + chunk :]


def _shorten_waits(script: Script, fails: Fails) -> Script:
    for place, action in enumerate(script):
        for wait in (0.0, 1.0, 5.0, 20.0):
            shorter = (*script[:place], replace(action, wait=wait), *script[place + 1 :])
            if wait < action.wait and fails(shorter):
                script = shorter
                break
    return script
