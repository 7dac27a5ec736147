"""The whole kodeoplæser, used through keys, display and sound."""
