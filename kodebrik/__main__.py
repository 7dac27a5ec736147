"""`python -m kodebrik`: the command line."""

import sys

from kodebrik import main

sys.exit(main())
