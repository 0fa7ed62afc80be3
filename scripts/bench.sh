#!/bin/sh
# Every benchmark in turn, one JSON line each. A single one: .venv/bin/python -m benchmarks.NAME --help
set -eu
for file in benchmarks/bench_*.py; do
    name=$(basename "$file" .py)
    .venv/bin/python -m "benchmarks.$name"
done
