"""Composition root: from the build's product and board to the running App.

A development build ends in the REPL, by Ctrl-C between two frames of the link or by an error. A
production build never gets there: whatever happens, it starts over.
"""

import gc

import micropython

micropython.kbd_intr(
    -1
)  # again: MicroPython lets Ctrl-C through anew for each file that it runs by itself
# Collect often: what is imported stays for good, and between garbage it would leave no room for the
# link's modules.
gc.threshold(16_384)

development = False
try:
    from firmware import build

    development = build.DEVELOPMENT

    from firmware.hardware import bring_up
    from firmware.modules import load

    product = load("firmware.products." + build.PRODUCT).PRODUCT
    product["languages"] = build.LANGUAGES
    board = load("firmware.boards." + build.BOARD).BOARD
    hardware = bring_up(board, product)  # holds the power; what follows takes a while to import

    from firmware.storage.journal import Journal
    from firmware.storage.vault import Vault
    from firmware.ui.app import App

    vault = Vault(Journal("/data", "vault"), hardware.unique_id, hardware.aes_ecb, hardware.random)
    App(product, board, development, hardware, vault).run()
finally:
    if development:
        micropython.kbd_intr(3)
    else:
        try:
            from firmware.hardware import reset

            reset()
        finally:
            # hardware.py itself is broken: MicroPython's soft reset keeps the REPL shut too
            raise SystemExit
