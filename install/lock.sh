#!/usr/bin/env bash
# Writes requirements/*.txt: every package that an installation takes, with the hashes of its files, for Python 3.11 and
# newer on every platform. Needs uv and a package index: `make lock`. torch is in none of them: its build depends on the
# machine. An index of your own (UV_DEFAULT_INDEX) is used and not written down.
set -euo pipefail
cd "$(dirname "$0")/.."
UV=${UV:-.venv-dev/bin/uv}
without=$(mktemp)
trap 'rm -f "$without"' EXIT
printf "torch; sys_platform == 'never'\ntorchvision; sys_platform == 'never'\n" >"$without"

lock() {   # file, then more arguments of uv
  local file=$1; shift
  "$UV" pip compile --quiet --no-config --universal --python-version 3.11 --upgrade --generate-hashes --no-header \
    --no-annotate --no-emit-index-url --no-emit-find-links --overrides "$without" --no-emit-package torch --no-emit-package torchvision "$@" --output-file "requirements/$file.txt"
}

lock serving pyproject.toml
lock demo pyproject.toml --extra demo --extra room
lock test pyproject.toml --extra test
lock dev pyproject.toml --extra dev
printf "opencv-python; sys_platform == 'never'\n" >>"$without"
echo opencv-python-headless | lock serving-headless pyproject.toml - --no-emit-package opencv-python
