"""Manifest of MicroPython: freezes the firmware into it, for every product and board.

The token's file system then holds its voices, and no boot.py, main.py or folder firmware:
MicroPython takes the frozen ones first, but a folder would hide the frozen package. Which product,
board and languages it is says build.py.

`kodebrik image --freeze` makes a folder of it with what one token needs, and with the modules'
constants where they are used. For the tree as it is:

    make -C ports/rp2 BOARD=RPI_PICO FROZEN_MANIFEST=.../firmware/manifest.py
"""

options.defaults(product="")


def both(*files):
    """Freeze files that every product has."""
    package("firmware", files=files, base_path="..", opt=3)


def only(product, *files):
    """Freeze files that one product has."""
    if options.product in ("", product):
        both(*files)


# MicroPython looks for a module by comparing the names in this order, each some five times: what a
# press needs comes first.
module("boot.py", opt=3)
module("main.py", opt=3)
both("build.py", "start.py", "hardware.py", "modules.py")
only("kodeviser", "products/kodeviser.py")
only("kodeoplaeser", "products/kodeoplaeser.py")
both(
    "boards/pico.py",
    "boards/pico2.py",
    "boards/esp32_s3.py",
    "drivers/latch.py",
    "drivers/button.py",
)
only("kodeviser", "drivers/ssd1306.py")
only("kodeoplaeser", "drivers/sharp_lcd.py", "drivers/sharp_lcd_native.py")
both("drivers/ds3231.py")
only("kodeoplaeser", "drivers/keypad.py")
both("drivers/battery.py", "drivers/usb.py", "drivers/charger.py")
only(
    "kodeoplaeser",
    "drivers/i2s.py",
    "drivers/amplifier.py",
    "drivers/jack.py",
    "drivers/vibration.py",
)
both(
    "storage/journal.py",
    "storage/vault.py",
    "otp/hmac.py",
    "crypto/seal.py",
    "protocol/cbor.py",
    "ui/app.py",
)
only("kodeviser", "ui/fob/interaction.py", "ui/fob/code.py")
both("ui/code_source.py", "otp/codes.py", "ui/draw.py", "ui/screen.py")
only(
    "kodeviser",
    "products/fonts/text.py",
    "products/fonts/digits6.py",
    "ui/fob/message.py",
    "ui/fob/texts_da.py",
    "ui/fob/texts_en.py",
)
only(
    "kodeoplaeser",
    "ui/speaking/interaction.py",
    "ui/speaking/accounts.py",
    "ui/speaking/code.py",
    "speech/say.py",
    "ui/speaking/view.py",
    "ui/speaking/announcer.py",
    "speech/pack.py",
    "speech/adpcm.py",
    "speech/adpcm_plain.py",
    "speech/adpcm_native.py",
    "speech/player.py",
    "ui/speaking/preferences.py",
    "speech/phrases_da.py",
    "speech/phrases_en.py",
    "speech/phrases.py",
    "ui/speaking/keymap.py",
)
# Large fonts, which have a file beside them when they are not frozen.
if options.product in ("", "kodeoplaeser"):
    package(
        "firmware",
        files=(
            "products/fonts/digits6_400.py",
            "products/fonts/digits8_400.py",
            "products/fonts/text_400.py",
        ),
        base_path="frozen",
        opt=3,
    )
both(
    "crypto/chacha20poly1305.py",
    "crypto/chacha20poly1305_native.py",
    "crypto/chacha20poly1305_plain.py",
    "crypto/ed25519.py",
    "crypto/primitives.py",
    "crypto/x25519.py",
    "crypto/x25519_native.py",
    "crypto/x25519_plain.py",
    "drivers/selftest.py",
    "link/port.py",
    "link/requests.py",
    "link/selftest.py",
    "link/session.py",
    "link/update.py",
    "otp/ocra.py",
    "otp/sha1.py",
    "otp/sha512.py",
    "protocol/cipher.py",
    "protocol/claim.py",
    "protocol/frames.py",
    "protocol/keys.py",
    "protocol/messages.py",
    "protocol/noise.py",
    "serial_number.py",
    "storage/credentials.py",
    "storage/pin.py",
    "storage/selftest.py",
    "storage/space.py",
    "storage/spoken_names.py",
    "storage/update_slot.py",
    "ui/link_services.py",
)
only("kodeviser", "products/fonts/digits8.py", "ui/fob/info.py", "ui/fob/next_code.py")
only(
    "kodeoplaeser",
    "drivers/sharp_lcd_plain.py",
    "speech/phrases_kl.py",
    "speech/vibration.py",
    "ui/speaking/challenge.py",
    "ui/speaking/entry.py",
    "ui/speaking/fresh_period.py",
    "ui/speaking/function_choice.py",
    "ui/speaking/functions.py",
    "ui/speaking/key_explore.py",
    "ui/speaking/names.py",
    "ui/speaking/own_pace.py",
    "ui/speaking/pages.py",
    "ui/speaking/pending_code.py",
    "ui/speaking/pin_entry.py",
    "ui/speaking/tremor.py",
    "ui/speaking/unasked.py",
)
both("version.py")
# What starts the board. MicroPython's own manifest has asyncio and others too, whose names would
# only be compared.
freeze("$(PORT_DIR)/modules")
