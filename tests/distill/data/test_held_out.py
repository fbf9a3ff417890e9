"""Which faces are held out."""

from distill.data.held_out import HELD_OUT_FACES, choose_held_out

NAMES = [f"a/{number}.png" for number in range(400)]


def test_the_choice_follows_the_names_wherever_they_stand() -> None:
    chosen = {NAMES[place] for place in choose_held_out(NAMES)}
    backwards = NAMES[::-1]
    assert {backwards[place] for place in choose_held_out(backwards)} == chosen


def test_few_faces_give_few_and_many_no_more_than_the_limit() -> None:
    assert len(choose_held_out(NAMES)) == 25
    assert len(choose_held_out(NAMES[:10])) == 0
    assert len(choose_held_out([str(number) for number in range(40_000)])) == HELD_OUT_FACES
