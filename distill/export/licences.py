"""What a model card says of licences: those of the pictures and the teachers, as the configuration states them."""

from pathlib import Path

from configs.markdown import table
from distill.config import Settings

NOT_STATED = "not stated"


def states_licences(settings: Settings) -> bool:
    """Whether the configuration says anything of the licences of its pictures."""
    return any(source.licence or source.may_be_used_for for source in settings.faces.sources)


def describe_licences(settings: Settings) -> str:
    """A table of pictures and teachers with their licences, Markdown. Folders are named without the way to them."""
    rows = [
        ["pictures", _name(source.path), source.licence or NOT_STATED, source.may_be_used_for or NOT_STATED]
        for source in settings.faces.sources
    ]
    rows += [
        ["teacher", _name(each.model), each.licence, each.may_be_used_for or NOT_STATED] for each in settings.teachers
    ]
    rows = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return "\n\n".join(
        [
            "The file carries what its pictures and teachers carry: it may be used for what all of them may be used"
            " for.",
            table(["what it learnt from", "name", "licence", "may be used for"], rows),
            "Licences are given as the configuration states them; nothing here has checked them.",
        ]
    )


def _name(path: str) -> str:
    return Path(path).name
