#!/bin/sh
# The page tests need a real Chromium: installed when root on Debian, else asked for.
set -eu
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing Chromium for the page tests"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-color-emoji >/dev/null
    exit 0
fi
echo "The page tests need Chromium. As root: apt-get install chromium fonts-noto-color-emoji" >&2
exit 1
