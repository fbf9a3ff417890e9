"""The sentence of an alert: the usual one, or one's own template with named fields and nothing else."""

from datetime import tzinfo
from string import Formatter

from pipeline.alerts.cause import Cause
from pipeline.site.site_time import stamp
from recognizer.gallery.names import printable

FIELDS = frozenset(
    ("who", "person", "group", "camera", "node", "rule", "time", "seconds", "px", "chance", "visits", "what", "warning")
)
MAX_CHARACTERS = 1000


def check_template(template: str) -> None:
    """Raise ValueError for a template with anything but plain named fields: no attributes, indexes or formats."""
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise ValueError(f"text: {error}") from None
    for _, name, spec, conversion in parts:
        if name is None:
            continue
        if name not in FIELDS or spec or conversion:
            known = ", ".join(f"{{{field}}}" for field in sorted(FIELDS))
            raise ValueError(f"text: expected fields {known} alone, got {{{name[:32]}{'!' * bool(conversion)}}}")


def make_text(template: str, rule: str, cause: Cause, zone: tzinfo) -> str:
    """The sentence of an alert; names in it cannot write lines of their own."""
    values = _values(rule, cause, zone)
    text = template.format_map(values) if template else _usual(values, cause)
    return printable(text)[:MAX_CHARACTERS]


def _usual(values: dict[str, str], cause: Cause) -> str:
    place = f" at {cause.camera}" if cause.camera and cause.track is not None else ""
    chance = f"; chance that this is a stranger's face: {values['chance']}" if cause.false_alarm is not None else ""
    warned = "".join(f"; warning: {warning}" for warning in cause.warnings)
    return f"{values['rule']}: {cause.who} {cause.what}{place}, {values['time']}{chance}{warned}"


def _values(rule: str, cause: Cause, zone: tzinfo) -> dict[str, str]:
    return {
        "who": cause.who,
        "what": cause.what,
        "person": cause.person or "",
        "group": cause.group or "",
        "camera": cause.camera,
        "node": cause.node,
        "rule": rule,
        "time": stamp(cause.at, zone),
        "seconds": f"{cause.seconds:.0f}",
        "px": "" if cause.face_px is None else f"{cause.face_px:.0f}",
        "chance": "" if cause.false_alarm is None else f"{cause.false_alarm:.2g}",
        "visits": str(cause.visits),
        "warning": "; ".join(cause.warnings),
    }
