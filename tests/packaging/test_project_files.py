"""Files for the place that hosts the repository and for tools: each is held to its schema and names what there is."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from jsonschema.validators import validator_for

from tests.conftest import REPOSITORY

WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
TEMPLATES = REPOSITORY / ".github" / "ISSUE_TEMPLATE"
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]


class Words(yaml.SafeLoader):
    """YAML as those who read these files read it: the key `on` of a workflow is a word."""


Words.yaml_implicit_resolvers = {
    first: [(tag, found) for tag, found in resolvers if first in "tTfF" or not tag.endswith(":bool")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def faults(schema: str, text: str) -> list[str]:
    """What is wrong by a schema that check-jsonschema brings along: no network."""
    schemas = pytest.importorskip("check_jsonschema.builtin_schemas", reason="the extra dev brings check-jsonschema")
    found = schemas.get_builtin_schema(f"vendor.{schema}")
    return [error.message for error in validator_for(found)(found).iter_errors(yaml.load(text, Loader=Words))]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_fits_the_schema_of_github(path: Path) -> None:
    assert faults("github-workflows", path.read_text()) == []


def test_a_workflow_with_a_wrong_key_is_refused() -> None:
    assert faults("github-workflows", WORKFLOWS[0].read_text().replace("runs-on:", "run-on:"))


def test_the_workflow_runs_what_developers_run_and_may_write_nothing() -> None:
    workflow = yaml.safe_load(WORKFLOWS[0].read_text())
    [job] = workflow["jobs"].values()
    assert job["steps"][-1]["run"] == ".ci/run"
    assert os.access(REPOSITORY / ".ci" / "run", os.X_OK)
    assert workflow["permissions"] == {"contents": "read"}


def test_the_choice_of_issues_fits_the_schema_of_github() -> None:
    assert faults("github-issue-config", (TEMPLATES / "config.yml").read_text()) == []


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.md")), ids=lambda path: path.name)
def test_a_form_of_an_issue_has_a_name_and_says_what_it_is_for(path: Path) -> None:
    front = yaml.safe_load(path.read_text().split("---\n")[1])
    assert set(front) == {"name", "about"}
    assert all(front.values())


def test_pre_commit_takes_its_configuration() -> None:
    pytest.importorskip("pre_commit", reason="the extra dev brings it")
    command = [sys.executable, "-m", "pre_commit", "validate-config", str(REPOSITORY / ".pre-commit-config.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_hooks_run_what_make_lint_runs() -> None:
    [local] = yaml.safe_load((REPOSITORY / ".pre-commit-config.yaml").read_text())["repos"]
    entries = [hook["entry"].removesuffix(" --force-exclude") for hook in local["hooks"]]
    lint = (REPOSITORY / "Makefile").read_text().partition("\nlint:")[2].partition("\n\n")[0]
    assert len(entries) == 3
    assert [entry for entry in entries if entry not in lint] == []


def test_the_citation_fits_its_schema_and_names_the_paper() -> None:
    text = (REPOSITORY / "CITATION.cff").read_text()
    assert faults("citation-file-format", text) == []
    citation = yaml.safe_load(text)
    [paper] = citation["references"]
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert paper["title"] in " ".join(readme.split())
    assert paper["url"] in readme
    assert citation["license"] == PROJECT["license"]


@pytest.mark.parametrize("name", ["SECURITY.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md"])
def test_no_address_is_invented_and_files_that_are_named_exist(name: str) -> None:
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    assert "@" not in text
    links = re.findall(r"\]\(([^)#]+)", text)
    assert [link for link in links if not link.startswith("https://") and not (REPOSITORY / link).exists()] == []


def test_developers_get_the_tools_of_a_release() -> None:
    named = {re.split(r"[<>=\[]", line)[0] for line in PROJECT["optional-dependencies"]["dev"]}
    assert {"build", "check-jsonschema", "cyclonedx-bom", "pre-commit", "twine"} <= named
