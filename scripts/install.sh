#!/bin/sh
# install.sh BIN REQUIREMENTS...: installs locked packages (hashes checked), then Whinchat itself, and compiles it.
set -eu
bin=$1
shift
for file; do
    "$bin/python" -m pip install --quiet --require-hashes --requirement "$file"
done
# The build backend is locked too, so that an install never resolves anything by itself.
"$bin/python" -m pip install --quiet --require-hashes --requirement requirements/build.txt
"$bin/python" -m pip install --quiet --no-deps --no-build-isolation --editable .
# Missing byte code costs 2 MB and 0.4 s at every start.
"$bin/python" -m compileall -q -j 0 src
