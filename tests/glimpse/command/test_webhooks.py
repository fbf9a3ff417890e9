"""`glimpse webhooks --test` and `--status`, and how mistakes of the file end."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from glimpse.command.app import main
from pipeline.alerts.deliver.backlog import Backlog, NewDelivery
from tests.synthetic.http_receiver import http_receiver


def write(folder: Path, receivers: list[dict[str, Any]], **section: Any) -> str:
    path = folder / "site.yaml"
    content = {"webhooks": {"file": "webhooks.db", "receivers": receivers} | section}
    path.write_text(yaml.safe_dump(content | {"alerts": {"bind": "tcp://127.0.0.1:5560"}}))
    return str(path)


def test_each_receiver_gets_a_message_and_its_answer_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with http_receiver() as good, http_receiver() as bad:
        bad.answer(403)
        config = write(tmp_path, [{"name": "a", "url": good.url}, {"name": "b", "url": bad.url}])
        assert main(["webhooks", "--config", config, "--test", "--json"]) == 1
        assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
            {"receiver": "a", "delivered": True, "answer": "200 OK thank you"},
            {"receiver": "b", "delivered": False, "answer": "answered 403 Forbidden no"},
        ]
        assert "Nobody was seen" in json.loads(good.received[0].body)["data"]["text"]
        bad.answer(200)
        assert main(["webhooks", "--config", config, "--test"]) == 0
        assert "a: delivered: 200 OK" in capsys.readouterr().out


def test_status_says_what_waits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write(tmp_path, [{"name": "a", "url": "http://127.0.0.1:1/"}])
    assert main(["webhooks", "--config", config, "--status"]) == 2  # nothing was ever delivered
    with Backlog(tmp_path / "webhooks.db", clock=lambda: 0.0) as backlog:
        backlog.register(["a"])
        backlog.add(NewDelivery("a", "1", b"{}", 0.0))
    capsys.readouterr()
    assert main(["webhooks", "--config", config, "--status"]) == 0
    assert capsys.readouterr().out.startswith("a: 1 waiting, 0 delivered, 0 dropped, 0 refused; last success never")
    assert main(["webhooks", "--config", config, "--status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pending"] == 1


@pytest.mark.parametrize(
    ("receivers", "section", "sentence"),
    [
        ([], {}, "webhooks.receivers: expected at least one receiver, got none"),
        ([{"name": "a", "url": "ftp://h/"}], {}, "webhooks.receivers[0].url"),
        ([{"name": "a", "url": "http://h/"}] * 2, {}, "the name 'a' is used twice"),
        ([{"name": "a", "url": "http://h/", "secret": "short"}], {}, "receiver 'a': secret: expected whsec_"),
        ([{"name": "a", "url": "http://h/", "templat": "ntfy"}], {}, "did you mean 'template'?"),
        ([{"name": "a", "url": "http://h/", "template": "nfty"}], {}, "nfty"),
        ([{"name": "a", "url": "http://h/"}], {"file": ""}, "webhooks.file: expected the path of an SQLite file"),
    ],
)
def test_a_mistake_in_the_file_is_wrong_usage(
    tmp_path: Path, receivers: list[Any], section: dict[str, Any], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["webhooks", "--config", write(tmp_path, receivers, **section)]) == 2
    assert sentence in capsys.readouterr().err


def test_without_an_address_of_the_alerts_there_is_nothing_to_deliver(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "site.yaml").write_text("webhooks: {file: w.db, receivers: [{name: a, url: 'http://h/'}]}")
    assert main(["webhooks", "--config", str(tmp_path / "site.yaml")]) == 2
    assert "alerts.bind: expected an address" in capsys.readouterr().err
