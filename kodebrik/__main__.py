"""`python -m kodebrik`: the command line."""

from kodebrik import main

main()
