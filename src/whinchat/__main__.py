"""`python -m whinchat`."""

import sys

from whinchat.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
