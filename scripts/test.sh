#!/bin/sh
# The whole suite with the coverage gate.
set -eu
bin=.venv/bin
mkdir -p .cache
rm -f .cache/coverage*
"$bin/coverage" run -m pytest -q -n auto --dist loadfile "$@"
"$bin/coverage" combine --quiet
"$bin/coverage" report --skip-empty --format=total >.cache/coverage-total
echo "branch coverage: $(cat .cache/coverage-total) %"
"$bin/coverage" report >.cache/coverage.txt || { tail -40 .cache/coverage.txt; exit 1; }
