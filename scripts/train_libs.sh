#!/bin/sh
# LightGBM's wheel needs the OpenMP library of the system: install it when root on Debian, else say how.
set -eu
if ldconfig -p 2>/dev/null | grep -q 'libgomp\.so\.1'; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends libgomp1 >/dev/null
else
    echo "libgomp1 is missing: training the model, and its tests, are skipped (apt-get install libgomp1)" >&2
fi
