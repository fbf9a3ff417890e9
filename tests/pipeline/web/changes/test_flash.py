"""What is told is told once, to its user, and does not fill the memory."""

from pipeline.web.changes.flash import MOST, Flash, Flashes


def test_once_and_only_to_its_user() -> None:
    flashes = Flashes()
    key = flashes.put("ada", Flash("done"))
    assert flashes.take("otto", key) is None
    assert flashes.take("ada", "other") is None
    assert flashes.take("ada", key) == Flash("done")
    assert flashes.take("ada", key) is None


def test_the_oldest_go() -> None:
    flashes = Flashes()
    keys = [flashes.put("ada", Flash(str(number))) for number in range(MOST + 1)]
    assert flashes.take("ada", keys[0]) is None
    assert flashes.take("ada", keys[1]) == Flash("1")
