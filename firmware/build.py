"""Which token this is. An image gets a file of its own here; this one serves the source tree."""

PRODUCT = "kodeviser"
BOARD = "pico"
DEVELOPMENT = True
LANGUAGES = ("da", "en")  # the ones it carries, the first one to begin with
