#!/bin/sh
# Everything about the code that can be checked without running it.
set -eu
bin=.venv/bin
mkdir -p .cache
"$bin/ruff" format --check --quiet .
"$bin/ruff" check --quiet .
"$bin/mypy" --no-error-summary
"$bin/lint-imports" --cache-dir .cache/import_linter >.cache/import_linter.log 2>&1 || { cat .cache/import_linter.log; exit 1; }
"$bin/python" scripts/check_tree.py
echo "lint: style, types, imports and tree are fine"
