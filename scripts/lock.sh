#!/bin/sh
# Renews the locked requirements with hashes, for Python 3.11 to 3.14. Needs uv (any recent version).
set -eu
compile="uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11"
$compile pyproject.toml --extra qr --extra sandbox --output-file requirements/runtime.txt "$@"
$compile pyproject.toml --extra linked --constraint requirements/runtime.txt --output-file requirements/linked.txt "$@"
$compile pyproject.toml --extra train --constraint requirements/runtime.txt --output-file requirements/train.txt "$@"
$compile pyproject.toml --group dev --constraint requirements/runtime.txt --constraint requirements/linked.txt --constraint requirements/train.txt --output-file requirements/dev.txt "$@"
echo hatchling editables | tr ' ' '\n' | $compile --constraint requirements/dev.txt --output-file requirements/build.txt "$@" -
