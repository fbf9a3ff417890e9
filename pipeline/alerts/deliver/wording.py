"""What people read of an alert: its sentence, when it was, and what they missed before it."""

from pipeline.events import AlertAction, AlertEvent


def one_line(text: str) -> str:
    """A text as one line without control characters, so that a name cannot begin a header or a line of its own."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def sentence(alert: AlertEvent, untold: int = 0) -> str:
    """What the alert says, and how many messages before it were not delivered."""
    said = one_line(alert.text) or one_line(alert.rule)
    if alert.action == AlertAction.ACKNOWLEDGED:
        said = f"Seen to by {one_line(alert.by or 'somebody')}: {said}"
    elif alert.action == AlertAction.ENDED:
        said = f"Over: {said}"
    return f"{said} {missed(untold)}" if untold else said


def missed(untold: int) -> str:
    """How many messages were not delivered, as a sentence in brackets."""
    return f"({untold} earlier {'message was' if untold == 1 else 'messages were'} not delivered.)"
