"""Product, board and build type.

Building an image replaces this file; this one is for the source tree.
"""

PRODUCT = "kodeviser"
BOARD = "pico"
DEVELOPMENT = True
LANGUAGES = ("da", "en")  # languages in the image, the default first
