"""Enrol people from photographs, then say who is in a picture.

    python examples/enrol_and_identify.py PEOPLE_FOLDER PICTURE

PEOPLE_FOLDER holds a folder of pictures for each person, or one picture for each, named for them.
"""
# ruff: noqa: T201

import sys

import glimpse


def main(folder: str, picture: str) -> None:
    people = glimpse.Gallery("people.db")
    for outcome in people.enroll_folder(folder):
        print(f"{outcome.source}: {outcome.verdict}  {outcome.reason or outcome.warning}")
    for face in glimpse.find(picture):
        print(face.box, people.identify(face))


if __name__ == "__main__":
    main(*sys.argv[1:])
