"""How storage fails: the flash, or a change that the vault does not take."""


class StorageError(Exception):
    """The flash did not keep what was written. load() tells which body counts: the one from before,
    unless the new one was to be written twice and only its second copy failed.
    """


class VaultError(Exception):
    """A change was refused or failed; `number` is the link's error number."""

    def __init__(self, number: int):
        """Carry nothing but the number, so that no message can hold a secret."""
        super().__init__(number)
        self.number = number
