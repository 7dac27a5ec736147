"""The kodeoplæser's interface."""
