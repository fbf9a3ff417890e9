"""`glimpse --install-completion`: the shell completes commands and flags."""

from pathlib import Path
from typing import Literal

from cyclopts import App
from cyclopts.completion.detect import ShellDetectionError, detect_shell
from rich.console import Console

from glimpse.command.new_command import DONE, exit_code, new_command

Shell = Literal["bash", "zsh", "fish", "powershell"]

app: App = new_command(
    "--install-completion",
    "glimpse --install-completion",
    "glimpse --install-completion --shell zsh",
    "glimpse --install-completion --shell bash --output glimpse.bash",
)


@app.default
@exit_code
def install_completion(*, shell: Shell | None = None, output: Path | None = None) -> int:
    """Complete commands and flags in your shell.

    Parameters
    ----------
    shell
        bash, zsh, fish or powershell (default: the one that runs this)
    output
        write the script to this file, and change nothing else
    """
    from glimpse.command.app import make_app

    shell = shell or _this_shell()
    console = Console(soft_wrap=True, highlight=False, markup=False)
    if output is not None:
        output.write_text(make_app().generate_completion(shell=shell), encoding="utf-8")
        console.print(f"Written to {output}.")
    else:
        path = make_app().install_completion(shell=shell, add_to_startup=shell != "fish")  # which finds it by itself
        console.print(f"Written to {path}. It works in the next {shell} that you open.")
    return DONE


def _this_shell() -> Shell:
    """The shell that runs this. Raises ValueError where it cannot be told."""
    try:
        return detect_shell()
    except ShellDetectionError:
        raise ValueError("--shell: expected bash, zsh, fish or powershell, as yours cannot be told") from None
