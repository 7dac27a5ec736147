"""Files as `kodebrik flash image` makes them, for tests of what is done with them."""

from functools import cache

from host_tools.flashing import bundle, manifest, micropython
from host_tools.image.image import UPDATE_KEY, build_tree, load_board, pack
from tests.support.flashing import official


@cache
def made(
    board: str = "pico",
    product: str = "kodeviser",
    production: bool = False,
    update_key: bytes | None = None,
) -> bytes:
    """Give the file for a board, on the stand-in of its MicroPython; of a token that takes updates
    by that public key."""
    board_file = load_board(board)
    release = micropython.check(official.stand_in(board), board_file)
    languages = ("da", "en")
    tree = build_tree(product, board, production, languages)
    if update_key is not None:
        tree[UPDATE_KEY] = update_key
    built = manifest.describe(
        tree, release, product=product, board=board, languages=languages, production=production
    )
    tree, _ = manifest.embed(tree, built, board_file["filesystem"])
    return bundle.merge(release, pack(tree, board_file["filesystem"]), board_file)
