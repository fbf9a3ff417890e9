"""A site with one store of each kind, and its configuration."""

from pathlib import Path

import pytest

from glimpse.command.site_settings import read_site
from pipeline.backup.places import Kept, kept_by
from pipeline.web.security.accounts_file import AccountsFile
from tests.synthetic.erasable_site import make_site
from tests.synthetic.history_places import postgres

__all__ = ["config", "kept", "postgres", "site"]

CONFIG = """\
node: shop
gallery: people.db
events: {outbox: outbox.db, curve: keys}
history: {file: history.db}
alerts: {file: alerts.db}
webhooks: {file: webhooks.db}
collect: {file: collection.db, nodes: ["tcp://127.0.0.1:5556"]}
web: {accounts: accounts.db}
mqtt: {broker: "127.0.0.1", file: mqtt.db, password: "${env:MQTT_PASSWORD}"}
cameras: [{name: door, source: "rtsp://viewer:${env:DOOR_PASSWORD}@192.0.2.10/s"}]
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Everything that the configuration names is there, but the file of the broker."""
    folder = make_site(tmp_path / "site")
    AccountsFile(folder / "accounts.db", create=True).close()
    (folder / "site.yaml").write_text(CONFIG)
    return folder


@pytest.fixture
def config(site: Path) -> Path:
    return site / "site.yaml"


@pytest.fixture
def kept(config: Path) -> list[Kept]:
    return kept_by(read_site(config), config)
