"""The tables of the flat warning."""

from collections import defaultdict
from collections.abc import Mapping

from benchmarks.flat.clips import SIZES_PX, Show
from benchmarks.flat.seen import Counts, Seen
from benchmarks.shown_faces import STILL
from configs.markdown import table

LARGE_PX = 32


def describe_shows(found: Mapping[Show, Seen | None], people: int) -> str:
    """A line for each motion and carrier. found: the track that was seen longest in each clip."""
    by_row: defaultdict[tuple[str, int], Counts] = defaultdict(Counts)
    for show, seen in found.items():
        what = "head in depth" if show.carrier is None else "photograph"
        moves = show.carrier is not None and show.motion is not STILL
        for row in (f"{what}, {show.motion.name}", *([f"all on {show.kind} that move"] * moves)):
            by_row[row, show.px].add(seen)
        if show.carrier:
            by_row["named", show.px].add(seen)
    rows = [[row, *(by_row[row, px].cell() for px in SIZES_PX)] for row in dict.fromkeys(row for row, _ in by_row)]
    counts = [by_row["named", px] for px in SIZES_PX]
    names = ["photographs that got the name", *(f"{one.named} of {one.seen}" for one in counts)]
    heads = ["warned of", *(f"{px} px" for px in SIZES_PX)]
    return (
        f"Clips of four seconds in which the flat warning came at any time, of those in which the face was followed "
        f"({people} people, each enrolled from the photograph that is shown):\n\n"
        f"{table(heads, [*sorted(row for row in rows if row[0] != 'named'), names])}"
    )


def describe_footage(found: Mapping[str, list[Seen]]) -> str:
    """A line for each real clip. found: its tracks by the name of its file."""
    rows = []
    for clip, seen in found.items():
        large = sum(one.median_px >= LARGE_PX for one in seen)
        rows.append([clip, str(len(seen)), str(large), str(sum(one.warned for one in seen))])
    total = [str(sum(int(row[column]) for row in rows)) for column in (1, 2, 3)]
    heads = ["real clip", "tracks of faces", f"of {LARGE_PX} px and more", "warned"]
    return f"Real people, none of whom is a photograph:\n\n{table(heads, [*rows, ['all', *total]])}"
