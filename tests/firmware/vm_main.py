"""Driver: runs main.py and start.py as MicroPython does, on the VM, with every module below them
replaced."""

import sys


class _Module:
    pass


def start(source: str, development: bool, ends: str) -> tuple:
    """Run main.py; `ends` is what the program does.

    Return how main.py ended and the calls made, in order.
    """
    calls = []

    def stop():
        if ends == "ctrl-c":
            raise KeyboardInterrupt
        if ends == "exit":
            raise SystemExit
        if ends == "error":
            raise OSError(5)

    class App:
        def __init__(self, *parts):
            calls.append("app")

        def run(self):
            stop()

    def bring_up(board, product):
        if ends == "bring-up":
            raise MemoryError
        calls.append("bring_up")
        return hardware

    def reset():
        calls.append("reset")
        raise SystemExit("reset")

    hardware = _Module()
    hardware.usb = None
    hardware.unique_id = hardware.aes_ecb = hardware.random = None
    modules = {
        "micropython": {"kbd_intr": lambda character: calls.append("kbd_intr " + str(character))},
        "firmware.build": {
            "PRODUCT": "kodeviser",
            "BOARD": "pico",
            "DEVELOPMENT": development,
            "LANGUAGES": ("da",),
        },
        "firmware.hardware": {"bring_up": bring_up, "reset": reset},
        "firmware.storage.vault": {"Vault": lambda *parts: calls.append("vault")},
        "firmware.ui.app": {"App": App},
        "firmware.ui.fob.interaction": {},
    }
    if ends == "no hardware.py":
        modules["firmware.hardware"] = {}
    if ends == "no build.py":
        modules["firmware.build"] = {}
    before = dict(sys.modules)
    path = sys.path[:]
    for name, content in modules.items():
        module = _Module()
        for key, value in content.items():
            setattr(module, key, value)
        sys.modules[name] = module
    if "firmware" in sys.modules:
        del sys.modules["firmware"]
    try:
        exec(source, {"__name__": "__main__"})
        ended = "returned"
    except BaseException as error:
        ended = type(error).__name__
    finally:
        for name in modules:
            del sys.modules[name]
        if "firmware.start" in sys.modules:
            del sys.modules["firmware.start"]
        sys.path[:] = path
        sys.modules.update(before)
    return ended, calls
