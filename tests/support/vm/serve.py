"""The far end of tests/support/runtime.py inside the MicroPython VM: one call a line in, one answer
a line out."""

import gc
import sys

from tests.support.vm.naming import name_of, text_of


def run():
    """Answer calls until the input ends."""
    while True:
        line = sys.stdin.readline()
        if not line:
            return
        module, function, arguments = eval(line)
        try:
            names = __import__(module, None, None, (function,))
            answer = (True, getattr(names, function)(*arguments))
        except Exception as error:
            answer = (False, name_of(error), text_of(error))
        print(repr(answer))
        gc.collect()


if __name__ == "__main__":
    run()
