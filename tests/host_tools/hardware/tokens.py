"""Every product on every board that carries it."""

from host_tools.image.image import load_board, names

ALL = [(board, product) for board in names("boards") for product in load_board(board)["products"]]
