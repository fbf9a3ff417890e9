"""The container's files; install/chroot.sh runs the steps themselves."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

from tests.conftest import REPOSITORY

DOCKERFILE = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")


def test_it_does_not_run_as_root_and_asks_for_its_health() -> None:
    final = DOCKERFILE.split("FROM ")[-1]
    assert re.search(r"^USER (?!root|0)\w+$", final, re.MULTILINE)
    assert "HEALTHCHECK" in final


def test_the_health_check_fails_without_a_node() -> None:
    command = re.search(r"CMD glimpse watch (.*)$", DOCKERFILE, re.MULTILINE)
    assert command is not None
    arguments = command[1].replace("--timeout 20", "--timeout 0.1").replace(":5556", ":9").split()
    found = subprocess.run([sys.executable, "-m", "pipeline.watch", *arguments], cwd=REPOSITORY, check=False)
    assert found.returncode == 1


def test_the_build_sees_every_package_and_every_lock() -> None:
    allowed = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").split()
    setuptools = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    needed = {pattern.rstrip("*") for pattern in setuptools["packages"]["find"]["include"]}
    needed |= {f"{module}.py" for module in setuptools["py-modules"]}
    needed |= {"README.md", "LICENSE", "install", "pyproject.toml", "requirements"}
    assert {f"!{name}" for name in needed} <= set(allowed)


def test_compose_has_a_camera_and_keeps_the_gallery() -> None:
    compose = yaml.safe_load((REPOSITORY / "compose.yaml").read_text(encoding="utf-8"))
    service = compose["services"]["glimpse"]
    assert any("CAMERA" in argument for argument in service["command"])
    assert "gallery:/data" in service["volumes"]
    assert "gallery" in compose["volumes"]


def test_an_unknown_step_is_refused() -> None:
    script = str(REPOSITORY / "install" / "container.sh")
    found = subprocess.run(["sh", script, "bild"], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (2, "usage: container.sh build|runtime\n")


def test_without_mmdebstrap_one_line_says_why_nothing_was_tried(tmp_path: Path) -> None:
    for name in ("bash", "dirname", "id"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    found = subprocess.run(
        [str(shutil.which("bash")), str(REPOSITORY / "install" / "chroot.sh")],
        capture_output=True,
        text=True,
        env={"PATH": str(tmp_path)},
        check=False,
    )
    assert found.returncode == 0
    assert re.fullmatch(r"container steps: not tried: needs (root|mmdebstrap)\n", found.stdout)
