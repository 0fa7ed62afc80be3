#!/bin/sh
# The whole suite with the coverage gate.
set -eu
bin=.venv/bin
mkdir -p .cache
rm -f .cache/coverage*
# The workers are started with this in their environment, and measure themselves (tests/conftest.py).
COVERAGE_PROCESS_START=pyproject.toml "$bin/python" -m pytest -q -n auto --dist loadfile "$@"
"$bin/coverage" combine --quiet
"$bin/coverage" report --skip-empty --format=total >.cache/total.txt
echo "branch coverage: $(cat .cache/total.txt) %"
"$bin/coverage" report >.cache/report.txt || { tail -40 .cache/report.txt; exit 1; }
