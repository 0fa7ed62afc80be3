#!/bin/sh
# Makes the virtual environment, or says what is missing.
set -eu
python=$1
venv=$2
"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' 2>/dev/null || {
    echo "Whinchat needs Python 3.11 to 3.14; '$python' is not one. Set PYTHON=/path/to/python3.11" >&2
    exit 1
}
"$python" -m venv "$venv" || {
    rm -rf "$venv"
    echo "This Python cannot make virtual environments. On Debian: apt-get install python3-venv" >&2
    exit 1
}
