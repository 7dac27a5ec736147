"""The running server: application, settings file, worker processes."""
