"""User interface of the kodeoplæser: keypad, large display and voice."""
