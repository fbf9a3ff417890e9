"""`glimpse compare A B`: whether two photographs show one person."""

from pathlib import Path

from cyclopts import App
from rich.console import Console
from rich.text import Text

from glimpse.command.model_flags import SHIPPED, Choice
from glimpse.command.new_command import DONE, exit_code, new_command, write_json
from glimpse.comparison import compare as compare_faces

app: App = new_command("compare", "glimpse compare passport.jpg door.jpg", "glimpse compare a.jpg b.jpg --json")


@app.default
@exit_code
def compare(
    first: Path,
    second: Path,
    *,
    false_match_rate: float = 0.001,
    json: bool = False,
    models: Choice = SHIPPED,
) -> int:
    """Say whether two photographs of one face each show the same person, how alike they are, and how sure that is.

    Parameters
    ----------
    first
        a photograph with one face
    second
        another one
    false_match_rate
        share of pairs of two people that may be called the same
    json
        print the comparison as JSON
    """
    comparison = compare_faces(first, second, false_match_rate=false_match_rate, models=models.open())
    if json:
        write_json(comparison)
    else:
        style = "green" if comparison else "yellow"
        Console(soft_wrap=True, highlight=False).print(Text(str(comparison), style=style))
    return DONE
