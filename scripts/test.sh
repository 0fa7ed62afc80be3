#!/bin/sh
# The whole suite with the coverage gate.
set -eu
bin=.venv/bin
mkdir -p .cache
rm -f .cache/coverage*
. scripts/test_environment.sh
# One worker more than there are cores, because tests wait for the processes that they start. In the order of the
# folders the slow files come first, so that the workers end together. COVERAGE_PROCESS_START: the workers measure
# themselves (tests/conftest.py).
workers=$(($(getconf _NPROCESSORS_ONLN) + 1))
COVERAGE_PROCESS_START=pyproject.toml \
    "$bin/python" -m pytest -q -n "$workers" --dist loadfile --no-loadscope-reorder "$@"
"$bin/coverage" combine --quiet
"$bin/coverage" report --skip-empty --format=total >.cache/total.txt
echo "branch coverage: $(cat .cache/total.txt) %"
"$bin/coverage" report >.cache/report.txt || { tail -40 .cache/report.txt; exit 1; }
