#!/bin/sh
# The steps of the Dockerfile, for Debian as root. install/chroot.sh runs the same.
set -eu
export DEBIAN_FRONTEND=noninteractive

install_packages() {
  apt-get update -q
  apt-get install -y -q --no-install-recommends "$@"
  rm -rf /var/lib/apt/lists/*
}

case ${1:-} in
  build) # the program and its locked packages, from /src into /opt/glimpse
    install_packages ca-certificates python3 python3-venv
    python3 -m venv /opt/glimpse
    /opt/glimpse/bin/pip install -q --no-cache-dir --disable-pip-version-check -r /src/requirements/serving-headless.txt
    /opt/glimpse/bin/pip install -q --no-cache-dir --disable-pip-version-check --no-deps /src
    /opt/glimpse/bin/pip uninstall -q -y pip
    ;;
  runtime) # Python, certificates for cameras, letters for names in films, and a user who owns /data and nothing else
    install_packages ca-certificates python3 fontconfig fonts-noto-core libfribidi0
    useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin glimpse
    install -d -o glimpse -g glimpse -m 700 /data
    ;;
  *)
    echo "usage: container.sh build|runtime" >&2
    exit 2
    ;;
esac
