"""Standard input that is typed by an operator."""

import io


class Keyboard(io.StringIO):
    """An operator who types what `see()` gives when a command asks; at a `terminal`, or into a
    pipe."""

    def __init__(self, see, terminal=False):
        super().__init__()
        self._see, self._terminal = see, terminal

    def isatty(self):
        return self._terminal

    def readline(self, *_):
        return self._see() + "\n"
