"""The one template of all model cards: students, landmark regressor, detector."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """The texts of a card, Markdown. A card states what was measured, failures included, and how the file was made."""

    title: str
    summary: str
    measured: str
    made_with: str
    data: str
    known_failures: str
    licence: str

    def markdown(self) -> str:
        """The card as one text."""
        sections = {
            "Measured": self.measured,
            "Made with": self.made_with,
            "Data": self.data,
            "Known failures": self.known_failures,
            "Licence": self.licence,
        }
        parts = [f"# {self.title}", self.summary, *(f"## {title}\n\n{text}" for title, text in sections.items())]
        return "\n\n".join(parts) + "\n"


def environment_text(environment: Mapping[str, str]) -> str:
    """Versions and hardware of a checkpoint (`environment` in distill/training/checkpoint.py) in one line."""
    return ", ".join(f"{name} {value}" for name, value in environment.items())
