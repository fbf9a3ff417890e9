"""Copy the photographs of an album into a folder for each person, with a table of every face.

python examples/sort_photographs.py ALBUM people.db OUT
"""
# ruff: noqa: T201

import sys

import glimpse


def main(album: str, gallery: str, out: str) -> None:
    people = glimpse.Gallery(gallery, create=False)
    counts = glimpse.sort_photos(glimpse.judge_photos(album, people), out)
    for place, count in sorted(counts.items()):
        print(f"{place}: {count}")


if __name__ == "__main__":
    main(*sys.argv[1:])
