"""The VM's end of tests/support/runtime.py: reads a call a line, writes an answer a line."""

import gc
import sys

from tests.support.vm.naming import name_of, text_of


def _answer(line):
    module, function, arguments = eval(line)
    try:
        names = __import__(module, None, None, (function,))
        return repr((True, getattr(names, function)(*arguments)))
    except Exception as error:
        return repr((False, name_of(error), text_of(error)))


def run():
    """Answer calls until the input ends."""
    while True:
        line = sys.stdin.readline()
        if not line:
            return
        print(_answer(line))
        line = None
        gc.collect()  # with nothing of this call left: the next finds the whole heap


if __name__ == "__main__":
    run()
