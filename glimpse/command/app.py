"""The `glimpse` command: one line for each command, and how a mistake ends.

Each command is a module of this folder, imported when it is called, so that `glimpse --help` is quick.
"""

import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError, Group

from configs.command_line import describe_mistake, fill_bare_flags
from configs.extras import install_extra
from configs.read import ConfigurationError
from glimpse.command.empty_values import empty_flag
from glimpse.command.new_command import DONE, FAILED, INTERRUPTED, USAGE, fail
from pipeline.capture.sources import show_source
from pipeline.cli import close_stdout, exit_code_of
from pipeline.settings.flags import FLAGS
from pipeline.version import VERSION

EPILOG = """\
glimpse COMMAND --help shows the flags of a command, and examples. Exit codes: 0 done, 1 failed or refused, \
2 wrong usage, 3 source unreachable, 4 model missing, 130 interrupted. Pages of docs/ are installed too: glimpse \
doctor says where."""
WATCHING, PEOPLE, SETUP = (
    Group(name, sort_key=rank) for rank, name in enumerate(("Watch and search", "People", "Set up and measure"))
)
# Command, the heading it stands under, and what it does.
COMMANDS = {
    "run": (WATCHING, "Name people in live cameras and recordings."),
    "check": (WATCHING, "Say what a run with these flags would use, and try its cameras, gallery and models."),
    "watch": (WATCHING, "Print the events that a running node publishes."),
    "cluster": (WATCHING, "Spread cameras over several machines: start the workers, show them, end them."),
    "metrics": (WATCHING, "Serve figures of a running node to Prometheus, and whether it works."),
    "clip": (WATCHING, "Cut a clip out of the film that a node records."),
    "history": (WATCHING, "Keep a past of a running node, show it, and search it for somebody."),
    "collect": (WATCHING, "Gather the events of many nodes into one stream, and pass it on to Redis and NATS."),
    "blur": (WATCHING, "Write a copy of a recording in which faces cannot be recognised."),
    "web": (WATCHING, "Show cameras, the past and people in a browser."),
    "accounts": (SETUP, "Make, change and remove the accounts of the page."),
    "tokens": (SETUP, "Make, list and remove the tokens of programs that ask the page."),
    "alerts": (WATCHING, "Raise alerts by rules, list and acknowledge them, and try the rules."),
    "mqtt": (WATCHING, "Pass events and alerts on to an MQTT broker and Home Assistant."),
    "webhooks": (WATCHING, "Pass alerts on over HTTP: your own server, ntfy, Slack, Pushover, Telegram, Discord."),
    "mail": (WATCHING, "Pass alerts on by mail."),
    "enroll": (PEOPLE, "Enrol people from photographs, a clip, a webcam or a report."),
    "people": (PEOPLE, "List, show, rename, merge, erase, export and import enrolled people."),
    "disclose": (PEOPLE, "Hand over everything that is kept of one person, in one file."),
    "who": (PEOPLE, "Say who is in photographs."),
    "compare": (PEOPLE, "Say whether two photographs show one person."),
    "evaluate": (SETUP, "Count right and wrong names in your own photographs and recordings."),
    "calibrate": (SETUP, "Measure how often a recogniser takes strangers for each other."),
    "selfcheck": (SETUP, "Check without labels whether strangers and the same people still separate on a site."),
    "doctor": (SETUP, "Say what this machine and a site have and what is missing."),
    "backup": (SETUP, "Copy everything that a site keeps, while it runs."),
    "restore": (SETUP, "Put a backup back, after checking it."),
    "verify-receipt": (SETUP, "Check the signed receipt of an erasure or a disclosure."),
    "new-key": (SETUP, "Print a key that encrypts faces in galleries, histories and outboxes."),
    "seal": (SETUP, "Encrypt the faces that files have held since before there was a key, or change the key."),
    "distill": (SETUP, "Train detector and recognisers; hands over to `python -m distill`, which needs PyTorch."),
}
# How mistakes begin that other programs take, and what to type instead.
MEANT = {
    'Unknown command "help"': "glimpse --help lists them all.",
    'Unknown command "version"': "glimpse --version shows it.",
    "Unknown option: --webcam.": "A webcam is a source: glimpse run 0.",
}
# Packages of the extra `room`, which a camera box lacks.
ROOM_PACKAGES = {
    "aiomqtt",
    "argon2",
    "cryptography",
    "holidays",
    "httpx",
    "prometheus_client",
    "psycopg",
    "starlette",
    "uvicorn",
}
COMPLETION = "Let the shell complete commands and flags: bash, zsh, fish or PowerShell."


def make_app(name: str = "glimpse") -> App:
    """The command with all its commands."""
    app = App(
        name=name,
        help="Names people from small faces in camera streams, recordings and photographs.",
        help_epilogue=EPILOG,
        help_format="plaintext",
        version=f"glimpse {VERSION}",
        result_action="return_value",
        suppress_keyboard_interrupt=False,
    )
    for command, (group, summary) in COMMANDS.items():
        app.command(f"glimpse.command.{command.replace('-', '_')}:app", name=command, group=group, help=summary)
    app.command("glimpse.command.completion:app", name="--install-completion", group=SETUP, help=COMPLETION)
    return app


def main(arguments: Sequence[str] | None = None, *, name: str = "glimpse") -> int:
    """Run a command, by default that of this process's arguments, and return the exit code."""
    code = _run(list(sys.argv[1:] if arguments is None else arguments), name)
    try:
        sys.stdout.flush()  # at exit, Python would complain that the reader has ended
    except BrokenPipeError:
        close_stdout()
    return code


def _run(words: list[str], name: str) -> int:
    if flag := empty_flag(words):
        return fail(f"{flag}: expected a value, got an empty one; is a variable of the shell not set?", USAGE)
    try:
        answer = make_app(name)(_fill_bare_flags(words), print_error=False, exit_on_error=False)
    except CycloptsError as mistake:
        return fail(_describe(mistake), USAGE)
    except ConfigurationError as error:
        return fail(error, USAGE)
    except ImportError as error:
        if (package := _missing_room_package(error)) is None:
            raise
        return fail(f"{words[0]} needs the package {package}: {install_extra('room')}", FAILED)
    except SystemExit as ended:
        return exit_code_of(ended)
    except KeyboardInterrupt:  # while importing, before anything has begun
        return INTERRUPTED
    return answer if isinstance(answer, int) else DONE


def _missing_room_package(error: BaseException | None) -> str | None:
    """The package of the extra `room` that is not installed, by an import that failed because of it."""
    while error is not None:
        if isinstance(error, ModuleNotFoundError) and error.name:
            package = error.name.partition(".")[0]
            return package if package in ROOM_PACKAGES else None
        error = error.__cause__
    return None


def _describe(mistake: CycloptsError) -> str:
    text = describe_mistake(mistake, show_source)
    return " ".join([text, *(advice for start, advice in MEANT.items() if text.startswith(start))])


def _fill_bare_flags(words: list[str]) -> list[str]:
    return fill_bare_flags(words, FLAGS) if words[:1] in (["run"], ["check"]) else words
