"""The whole configuration: every setting is described, and every section is found where it always was."""

from configs.fields import list_fields
from pipeline.settings import cameras, recognition, region, types
from pipeline.settings.types import Settings


def test_every_setting_has_a_description() -> None:
    assert not [".".join(field.place) for field in list_fields(Settings) if not field.description]


def test_sections_in_files_of_their_own_are_found_at_their_old_place() -> None:
    for module in (cameras, recognition, region):
        own = [name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]
        assert own
        assert [name for name in own if getattr(types, name) is not getattr(module, name)] == []
