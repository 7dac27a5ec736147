"""An operator at the keyboard, in the place of standard input."""

import io


class Keyboard(io.StringIO):
    """An operator: types what `see` tells when asked."""

    def __init__(self, see):
        super().__init__()
        self._see = see

    def readline(self, *_):
        return self._see() + "\n"
