"""`glimpse distill …`: the training, which has a command line of its own."""

import importlib.util
from typing import Annotated

from cyclopts import App, Parameter

from glimpse.command.new_command import USAGE, fail, new_command
from pipeline.documentation import find_page

app: App = new_command(
    "distill",
    "glimpse distill run configs/distill.yaml",
    "glimpse distill detector configs/detector.yaml",
    "glimpse distill site tracks/ fitted/",
)
app.help_flags = []


@app.default
def distill(*words: Annotated[str, Parameter(name="COMMAND", allow_leading_hyphen=True)]) -> int:
    if missing := [name for name in ("torch", "torchvision") if importlib.util.find_spec(name) is None]:
        needed = f"training needs {' and '.join(missing)}: pip install torch torchvision"
        return fail(f"{needed}, see {find_page('training')}", USAGE)
    from distill.cli import main

    return main(list(words))
