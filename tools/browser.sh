#!/bin/sh
# Installs Debian's Chromium for the browser tests; nothing else in Curbstop needs a system package.
set -eu
if command -v chromium >/dev/null 2>&1; then
    echo "Chromium is here: $(command -v chromium)"
    exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "Install Chromium by your system's own means; until then the browser tests are skipped." >&2
    exit 1
fi
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo"
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends chromium >/dev/null
echo "Installed $(chromium --version)"
