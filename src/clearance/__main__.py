"""`python -m clearance` is `clearance`."""

import sys

from clearance.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
