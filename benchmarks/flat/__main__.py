"""How often the flat warning comes: photographs and telephones that are held up, heads in depth, and real people.

Photographs and heads are those of `benchmarks.shown_faces`: the same faces, ways and angles, through H.264, the
detector and the whole pipeline. Real people are the clips of a folder. Figures of the warning were chosen on the even
half (--half even); what the documents state is the odd half.

    python -m benchmarks.flat --portraits closeups.zip --scenes neg_doors.zip --footage VIDEOS --cache flat.jsonl \
        --write docs/security.md

Without --portraits the generated people of docs/faces and docs/walkers are shown, in front of a painted hall. Every
clip is written into the file of --cache when it is done; the same command goes on there.
"""

import argparse
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.flat.clips import Pictures, Show, enrol, follow, open_pictures, plan, watch_show
from benchmarks.flat.journal import Job, open_journal, run_all
from benchmarks.flat.seen import Seen, longest
from benchmarks.flat.tables import describe_footage, describe_shows
from benchmarks.section import command_line, print_markdown, provenance, write_section
from benchmarks.shown_pictures import HALVES


def main() -> None:
    """Print the tables, and write them on request."""
    options = _parser().parse_args()
    pictures = Pictures(options.portraits, options.scenes, options.half, options.people)
    real = sorted(options.footage.iterdir())[HALVES[options.half] :: 2] if options.footage else []
    people = len(open_pictures(pictures)[0])
    shows = {f"{show.number:03}: {show}": show for show in plan(options.repeats)}
    with TemporaryDirectory() as folder:
        journal = options.cache or Path(folder) / "clips.jsonl"
        done = watch_all(shows, real, pictures, journal, options.processes)
    found = {show: longest(done[name]) for name, show in shows.items()}
    parts = [provenance("benchmarks.flat"), describe_shows(found, people)]
    if real:
        parts.append(describe_footage({clip.name: done[clip.name] for clip in real}))
    text = "\n\n".join(parts)
    print_markdown(text)
    if options.write:
        write_section(options.write, "flat", text)


def watch_all(
    shows: dict[str, Show], real: list[Path], pictures: Pictures, journal: Path, processes: int
) -> dict[str, list[Seen]]:
    """The tracks of every clip, by its name; those in the journal are not done again."""
    context = multiprocessing.get_context("spawn")
    with (
        TemporaryDirectory() as folder,
        open_journal(journal, command_line("benchmarks.flat")) as kept,
        ProcessPoolExecutor(processes, mp_context=context) as pool,
    ):
        gallery = enrol(open_pictures(pictures)[0], Path(folder))
        made: dict[str, Job] = {
            name: partial(watch_show, show, pictures=pictures, gallery=gallery) for name, show in shows.items()
        }
        run_all({clip.name: partial(follow, clip) for clip in real} | made, pool, kept, _say)
        return kept.done


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.flat", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--portraits", type=Path, help="zip of pictures of one large face each")
    parser.add_argument("--scenes", type=Path, help="zip of pictures to stand in front of")
    parser.add_argument("--footage", type=Path, help="folder of clips of real people")
    parser.add_argument("--half", choices=sorted(HALVES), default="odd", help="of faces, clips and seeds (odd)")
    parser.add_argument("--people", type=int, default=40, help="portraits that are shown at most (40)")
    parser.add_argument("--repeats", type=int, default=1, help="clips of each kind, motion and size (1)")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="clips at once (one a core)")
    parser.add_argument("--cache", type=Path, help="file that keeps each clip when it is done, to go on from")
    parser.add_argument("--write", type=Path, metavar="MD", help="also put the tables into this document, section flat")
    return parser


if __name__ == "__main__":
    main()
