"""Entry point: makes the App from the build's product and board, and runs it.

A development build ends in the REPL, on Ctrl-C between two frames of the link or on an error. A
production build never does: however the program ends, the board resets.
"""

import gc

import micropython

# As in boot.py: MicroPython enables Ctrl-C again for each file that it runs at start-up.
micropython.kbd_intr(-1)
# Collect often: imported modules stay in memory, and garbage between them would leave no room for
# those of the link.
gc.threshold(16_384)

development = False
try:
    from firmware import build

    development = build.DEVELOPMENT

    from firmware.hardware import bring_up
    from firmware.modules import load

    product = load("firmware.products." + build.PRODUCT).PRODUCT
    product["languages"] = build.LANGUAGES
    product["settings"]["language"] = build.LANGUAGES[0]
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
            # For a broken hardware.py: SystemExit makes a soft reset, which avoids the REPL too.
            raise SystemExit
