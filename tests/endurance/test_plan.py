"""A seed always draws the same lives, and kinds of kills and freezes come in their shares."""

from tests.endurance.plan import Moment, draw_interruptions, draw_lives


def test_a_seed_draws_the_same_lives_and_another_seed_others() -> None:
    assert draw_lives(1, 80, 31) == draw_lives(1, 80, 31)
    assert draw_lives(1, 80, 31) != draw_lives(2, 80, 31)


def test_every_kind_of_fault_is_drawn() -> None:
    lives = draw_lives(1, 80, 31)
    assert len(lives) == 80
    assert {life.moment for life in lives} == set(Moment)
    assert sum(life.freeze > 0 for life in lives) == 31
    assert max(life.freeze for life in lives) > 8
    assert 10 < sum(life.is_client_killed for life in lives) < 50
    assert {life.is_client_away for life in lives if life.is_client_killed} == {True, False}


def test_there_are_not_more_freezes_than_lives() -> None:
    assert all(life.freeze for life in draw_lives(1, 3, 31))


def test_a_recording_is_interrupted_at_other_moments_with_another_seed() -> None:
    moments = draw_interruptions(1, 5, seconds=30)
    assert moments == draw_interruptions(1, 5, seconds=30) != draw_interruptions(2, 5, seconds=30)
    assert all(0 <= moment <= 20 for moment in moments)
