"""Sources and a record for tests of the cards and the page."""

from install.provenance.record import Card, DataSet, Record, Teacher

OPEN = DataSet(what="generated", licence="CC0 1.0", permits="anything")
CLOSED = DataSet(what="a study", licence="research only", permits="research")
UNKNOWN = DataSet(what="found", licence="none stated", permits="unstated")
TEACHER = Teacher(file="t.onnx", what="a network", licence="MIT", learnt_from="not stated", permits="anything")


def record(**cards: Card) -> Record:
    """The sets and the teacher above; a card for each path, with `/` written as two underscores."""
    sets = {"open": OPEN, "closed": CLOSED, "unknown": UNKNOWN}
    paths = {f"{name.replace('__', '/')}.md": card for name, card in cards.items()}
    return Record(data=sets, teachers={"t": TEACHER}, cards=paths)
