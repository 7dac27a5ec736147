"""Files as `kodebrik flash image` makes them, for tests of what is done with them."""

from functools import cache

from host_tools.flashing import bundle, manifest, micropython
from host_tools.image.image import build_tree, load_board
from tests.support.flashing import official


@cache
def made(board: str = "pico", product: str = "kodeviser", production: bool = False) -> bytes:
    """Give the file for a board, on the stand-in of its MicroPython."""
    board_file = load_board(board)
    release = micropython.check(official.stand_in(board), board_file)
    languages = ("da", "en")
    tree = build_tree(product, board, production, languages)
    built = manifest.describe(
        tree, release, product=product, board=board, languages=languages, production=production
    )
    image, _ = manifest.embed(tree, built, board_file["filesystem"])
    return bundle.merge(release, image, board_file)
