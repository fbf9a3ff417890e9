#!/usr/bin/env bash
# Runs the steps of the Dockerfile in a clean Debian, without Docker: install, enrol, run, ask for the health. Needs root,
# mmdebstrap, and a mirror of Debian (MIRROR) and a package index; without them, one line says so and nothing fails.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin  # chroot and mount live there
cd "$(dirname "$0")/.."
SUITE=${SUITE:-trixie} MIRROR=${MIRROR:-http://deb.debian.org/debian}

skip() { echo "container steps: not tried: $1"; exit 0; }
[ "$(id -u)" = 0 ] || skip "needs root"
command -v mmdebstrap >/dev/null || skip "needs mmdebstrap"
command -v curl >/dev/null && { curl -fsI -m 10 "$MIRROR/dists/$SUITE/Release" >/dev/null || skip "no mirror at $MIRROR"; }

root=$(mktemp -d /tmp/glimpse-chroot.XXXXXX)
clean_up() {
  [ ! -f "$root/data/node.pid" ] || kill -9 "$(cat "$root/data/node.pid")" 2>/dev/null || true
  mountpoint -q "$root/proc" && umount "$root/proc"
  rm -rf --one-file-system "$root"
}
trap clean_up EXIT
mmdebstrap --quiet --variant=minbase "$SUITE" "$root" "$MIRROR" 2>/dev/null || skip "mmdebstrap cannot make $SUITE here"
mount -t proc proc "$root/proc" 2>/dev/null || skip "cannot mount /proc"
cp /etc/resolv.conf "$root/etc/resolv.conf"
git ls-files -z --cached | grep -zvE '^(tests|benchmarks)/|_fp32\.onnx$' | xargs -0 cp --parents -t "$(mkdir -p "$root/src" && echo "$root/src")"

inside() { chroot "$root" env -i HOME=/data PATH=/opt/glimpse/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
as_user() { inside setpriv --reuid glimpse --regid glimpse --clear-groups sh -c "cd /data && $1"; }

# A package index behind a certificate of this machine's own needs that certificate.
certificates=()
[ -z "${PIP_CERT:-}" ] || { cp "$PIP_CERT" "$root/certificates.pem"; certificates=(PIP_CERT=/certificates.pem); }
step() { inside "${certificates[@]}" sh /src/install/container.sh "$1" >"$root/log" 2>&1 || { tail -20 "$root/log"; exit 1; }; }
step build
step runtime

mkdir -p "$root/faces/Hedy"
cp docs/faces/Hedy.jpg "$root/faces/Hedy/"
as_user "python -m recognizer.gallery enroll /faces --gallery people.db"
as_user "glimpse run /faces/Hedy --gallery people.db --report out --bind none"
as_user "test -s out/index.html && test ! -w /opt/glimpse"
as_user 'echo $$ >node.pid; exec glimpse run rtsp://127.0.0.1:9/none --gallery people.db' >/dev/null 2>&1 &
as_user "$(sed -n 's/^ *CMD \(glimpse watch .*\)/\1/p' Dockerfile)"
echo "container steps: passed in $SUITE, the program and its packages take $(du -sm "$root/opt/glimpse" | cut -f1) MB"
