"""What is counted of the tracks of a clip."""

from benchmarks.flat.seen import Counts, Seen, Told, longest


def test_the_longest_track_of_a_clip_counts() -> None:
    long = Seen(warned=True, named=True, heights=[9.0, 9.0, 9.0])
    counts = Counts()
    for tracks in ([Seen(warned=True, heights=[20.0])], [Seen(heights=[9.0, 9.0]), long], []):
        counts.add(longest(tracks))
    assert (counts.cell(), counts.named) == ("2 of 2", 1)


def test_tracks_that_were_no_faces_do_not_count() -> None:
    assert Told({1: Seen(warned=True), 2: Seen(heights=[9.0])}).faces == [Seen(heights=[9.0])]
