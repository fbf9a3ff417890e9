"""Print who is seen in a video or by a camera, as soon as it is known.

python examples/watch_a_video.py VIDEO_OR_URL people.db
"""
# ruff: noqa: T201

import sys

import glimpse


def main(source: str, gallery: str) -> None:
    people = glimpse.Gallery(gallery, create=False)
    for event in glimpse.watch(source, gallery=people, progress=True):
        if isinstance(event, glimpse.IdentityEvent):
            person = event.person or f"no longer {event.previous}"
            print(f"{event.media_time:7.1f} s  {event.camera}: {person}, {event.face_px:.0f} px")


if __name__ == "__main__":
    main(*sys.argv[1:])
