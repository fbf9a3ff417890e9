"""What a configuration keeps, in which order, and that no path of it is forgotten."""

from pathlib import Path

import msgspec

from configs.fields import RelativePath, list_fields, marks_of
from pipeline.backup.places import FILES, KEYS, MODELS, STORES, Kept, Part, kept_by
from pipeline.settings.types import Settings

# Paths that hold nothing of the site: authorities that others publish, and folders that are walked by their own rules.
OTHERS = {"film.folder", "cluster.folder", "alerts.outbox", "mqtt.ca", "mail.ca", "collect.redis.ca", "collect.nats.ca"}
OTHERS |= {"collect.redis.certificate", "collect.nats.certificate"}  # public; the key beside it is named
OTHERS |= {"log.file"}


def test_every_path_of_the_settings_is_copied_named_or_left_out_on_purpose() -> None:
    paths = {".".join(field.place) for field in list_fields(Settings) if marks_of(field.kind, RelativePath)}
    assert paths - {*STORES, *FILES, *MODELS, *KEYS, *OTHERS} == set()
    assert {*STORES, *FILES, *MODELS, *KEYS} - paths == set()


def test_readers_come_before_what_they_read(kept: list[Kept]) -> None:
    names = [one.setting for one in kept if one.part is Part.STORE]
    assert names == [
        *("history.file", "alerts.file", "mqtt.file", "webhooks.file", "collect.file", "web.accounts", "gallery"),
        "events.outbox",
    ]


def test_what_is_not_set_is_left_out() -> None:
    assert {one.setting for one in kept_by(Settings())} == {"detector.model"}


def test_a_profile_that_is_the_calibration_too_is_named_once(tmp_path: Path) -> None:
    settings = Settings()
    both = msgspec.structs.replace(settings.recognizer, profile="/x.yaml", calibration="/x.yaml")
    found = kept_by(msgspec.structs.replace(settings, recognizer=both))
    assert [one.setting for one in found if one.part is Part.FILE] == ["recognizer.calibration"]


def test_outboxes_of_the_workers_of_a_cluster_are_stores(tmp_path: Path) -> None:
    (tmp_path / "n1").mkdir()
    (tmp_path / "n1" / "outbox.db").touch()
    settings = Settings()
    cluster = msgspec.structs.replace(settings.cluster, folder=str(tmp_path))
    found = kept_by(msgspec.structs.replace(settings, cluster=cluster))
    assert next((one.setting, one.part) for one in found) == ("cluster.folder.n1", Part.STORE)
