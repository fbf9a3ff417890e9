"""--json of every command: one document on standard output alone, of the shape that docs/commands.md shows."""

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from glimpse.command.app import COMMANDS, main
from tests.glimpse.command.test_examples import NESTED, commands
from tests.synthetic.networks import paint_person, write_recognizer
from tests.synthetic.portraits import FACES, write_portrait_clip

PAGE = Path(__file__).parents[3] / "docs" / "commands.md"
WITHOUT_JSON = {"distill", "metrics", "web", "new-key", "seal"}  # a command line of its own, servers, and keys
LINES = {"watch"}  # events, described in docs/events.md and tested in test_watch.py
# Tracks, a line each, described in docs/history.md and tested in test_history.py; record prints nothing.
OF_HISTORY = {"history"} | {f"history {name}" for name in ("record", "show", "search", "groups", "journeys")}
# One object, described in docs/history.md and tested in test_history_corrections.py.
OF_HISTORY |= {f"history {name}" for name in ("this-is", "this-is-not", "rename", "merge", "undo", "audit")}
OF_HISTORY |= {"history truth", "history crops"}  # a table and pictures
# Accounts and audit entries, a line each, described in docs/security.md and tested in test_accounts.py.
OF_ACCOUNTS = {"accounts"} | {f"accounts {name}" for name in ("add", "list", "password", "role", "remove", "log")}
# Tokens, a line each, described in docs/api.md and tested in test_tokens.py.
OF_TOKENS = {"tokens"} | {f"tokens {name}" for name in ("add", "list", "remove")}
OF_CLUSTER = {"cluster status"}  # needs a cluster: test_cluster.py
# Entries, sources and bridges, a line each, described in docs/collect.md and tested in test_collect.py.
OF_COLLECT = {"collect"} | {f"collect {name}" for name in ("show", "status")}
# Alerts and rules, described in docs/alerts.md and tested in test_alerts.py; run prints nothing.
OF_ALERTS = {"alerts", "alerts run", "alerts list", "alerts ack", "alerts check"}
# An object a line for each receiver, of --test and --status; tested with real receivers in tests/pipeline/alerts.
DELIVERIES = "mqtt, webhooks and mail"
OF_SHARED = {"people erasures"}  # needs a gallery in PostgreSQL: test_shared_gallery.py
OF_SELFCHECK = {"selfcheck"}  # one object, described in docs/selfcheck.md and tested in test_selfcheck.py
CHANGES = {f"people {name}" for name in ("rename", "merge", "remove", "erase", "export", "import", "reembed")}


def shapes() -> dict[str, Any]:
    """The documents of the page by their headings."""
    found = re.finditer(r"^## (.+?)\n.*?^```json\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return {match[1]: json.loads(match[2]) for match in found if match[1] != DELIVERIES}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a gallery of Ada, pictures of her and a stranger, a clip, who is in it, and aligned faces."""
    folder = tmp_path_factory.mktemp("site")
    assert main(["enroll", str(FACES / "Ada.jpg"), "--name", "Ada", "--gallery", str(folder / "people.db")]) == 0
    for name, picture in (("known/Ada", "Ben"), ("known/Ada", "Ada"), ("others", "Hedy")):
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / f"{picture}.jpg").write_bytes((FACES / f"{picture}.jpg").read_bytes())
    write_portrait_clip(folder / "clip.mp4", "Ada", "Hedy", seconds=1.5)
    (folder / "truth.csv").write_text("person,from,to\nstranger,0,1\nAda,0,0.1\n")
    write_film(folder / "clip.mp4", folder / "film" / "door" / "20231114T221320.000Z--20231114T221321.400Z.mkv")
    (folder / "site.yaml").write_text(
        "cameras: [{name: door, source: 'rtsp://127.0.0.1:9/a'}]\nfilm: {folder: film}\n", encoding="utf-8"
    )
    with zipfile.ZipFile(folder / "faces.zip", "w") as archive:
        for person in range(12):
            image = np.full((112, 112, 3), 90, np.uint8)
            paint_person(image, person, (-14, -14, 126, 126))
            archive.writestr(f"p{person}/1.png", cv2.imencode(".png", image)[1].tobytes())
    write_recognizer(folder / "r.onnx", size=16)
    words = ["disclose", "Ada", str(folder / "people.db"), "--out", str(folder / "first.zip")]
    assert main([*words, "--receipt", str(folder / "ada.json"), "--key", str(folder / "key.pem")]) == 0
    assert main(["backup", str(folder / "made"), str(folder / "people.db")]) == 0
    return folder


CALLS = {
    "run": "run clip.mp4 --gallery people.db --report out",
    "check": "check clip.mp4 --gallery people.db",
    "clip": "clip cut.mp4 --config site.yaml --camera door --since 2023-11-14T22:13:20Z --until 2023-11-14T22:13:21Z",
    "who": f"who {FACES}/Ada.jpg --gallery people.db",
    "blur": "blur clip.mp4 --overwrite",
    "disclose": "disclose Ada people.db --out ada.zip",
    "verify-receipt": "verify-receipt ada.json --key key.pem.pub --name Ada",
    "compare": f"compare {FACES}/Ada.jpg {FACES}/Ben.jpg",
    "enroll": f"enroll {FACES}/Ivan.jpg --name Ivan --gallery new.db",
    "people list": "people list --gallery people.db",
    "people show": "people show Ada --gallery people.db",
    "evaluate": "evaluate known --gallery people.db --strangers others --false-alarm 0.9",
    "evaluate --truth": "evaluate clip.mp4 --truth truth.csv --gallery people.db",
    "calibrate": "calibrate --recognizer r.onnx --data faces.zip --out c.yaml --probes 12",
    "backup": "backup monday people.db",
    "restore": "restore made --to drill",
    "doctor": "doctor --gallery people.db",
}


def write_film(clip: Path, film: Path) -> None:
    """The clip as a file of a film."""
    film.parent.mkdir(parents=True)
    with av.open(str(clip)) as reader, av.open(str(film), "w") as writer:
        stream = writer.add_stream_from_template(reader.streams.video[0])
        for packet in reader.demux(reader.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                writer.mux(packet)


def test_every_command_is_called_and_documented() -> None:
    documented = {heading.partition(" --")[0] for heading in CALLS}
    assert CALLS.keys() == shapes().keys() - OF_CLUSTER - OF_SELFCHECK
    assert {name for name, _ in commands() if name in COMMANDS} - set(NESTED) == (
        {name for name in documented if " " not in name}
        | WITHOUT_JSON
        | LINES
        | OF_SELFCHECK
        | {"mqtt", "webhooks", "mail"}
    )
    assert {name for name, _ in commands() if name.startswith("history")} == OF_HISTORY
    assert {name for name, _ in commands() if name.startswith("accounts")} == OF_ACCOUNTS
    assert {name for name, _ in commands() if name.startswith("alerts")} == OF_ALERTS
    assert {name for name, _ in commands() if name.startswith("tokens")} == OF_TOKENS
    assert {name for name, _ in commands() if name.startswith("collect")} == OF_COLLECT
    inner = {name for name, _ in commands() if name.startswith("people ")}
    assert inner == {name for name in documented if " " in name} | CHANGES | OF_SHARED


@pytest.mark.timeout(60)
@pytest.mark.parametrize("heading", CALLS)
def test_standard_output_is_one_document_of_the_documented_shape(
    heading: str, site: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(site)
    assert main([*CALLS[heading].split(), "--json"]) == 0
    document = json.loads(capfd.readouterr().out)
    assert list(differences(document, shapes()[heading], heading)) == []


def differences(found: Any, documented: Any, place: str) -> Iterator[str]:
    """Where keys and kinds differ; what the page shows as empty or null, or is so here, may be anything."""
    if not documented or found is None:
        return
    if isinstance(documented, dict):
        if not isinstance(found, dict) or found.keys() != documented.keys():
            yield f"{place}: {found} is not like {documented}"
            return
        for key in documented:
            yield from differences(found[key], documented[key], f"{place}.{key}")
    elif isinstance(documented, list):
        for item in found[:1]:
            yield from differences(item, documented[0], f"{place}[]")
    elif isinstance(documented, str | bool) and type(found) is not type(documented):
        yield f"{place}: {found!r} is not like {documented!r}"


@pytest.mark.parametrize(
    "words", ["run none.mp4", "check none.mp4", "who none.jpg --gallery people.db", "compare none.jpg none.jpg"]
)
def test_a_mistake_leaves_standard_output_empty(
    words: str, site: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(site)
    assert main([*words.split(), "--json"]) in (2, 3)
    printed = capfd.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")


def test_photographs_are_a_document_a_line(
    site: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(site)
    assert main(["run", "known", "--as", "photos", "--gallery", "people.db", "--report", "sorted", "--json"]) == 0
    named = [json.loads(line)["faces"][0]["name"] for line in capfd.readouterr().out.splitlines()]
    assert named == ["Ada", None]
    assert main(["run", "known", "--as", "photos", "--json"]) == 0
    printed = capfd.readouterr()
    assert [list(json.loads(line)["faces"][0]) for line in printed.out.splitlines()] == [["box", "face_px"]] * 2
    assert "Nothing is compared" in printed.err
