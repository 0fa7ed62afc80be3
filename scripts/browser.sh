#!/bin/sh
# The page tests need a real Chromium, and what drives it needs libatomic: installed when root on Debian, else asked for.
set -eu
found() {
    /sbin/ldconfig -p | grep -q 'libatomic\.so\.1' || return 1
    for name in chromium chromium-browser google-chrome; do
        if command -v "$name" >/dev/null 2>&1; then return 0; fi
    done
    return 1
}
if found; then exit 0; fi
packages="chromium libatomic1 fonts-noto-color-emoji"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing Chromium for the page tests"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
    exit 0
fi
echo "The page tests need Chromium. As root: apt-get install $packages" >&2
exit 1
