"""Errors of storage: a flash failure, or a change that the vault refuses."""


class StorageError(Exception):
    """The flash did not keep what was written.

    load() returns the body that is valid: the previous one, unless the new one was to be written
    twice and only the second copy failed.
    """


class VaultError(Exception):
    """A change was refused or failed; `number` is the link's error number."""

    def __init__(self, number: int):
        """Keep the error number only, so that no message can hold a secret."""
        super().__init__(number)
        self.number = number
