"""Opening the master key where an administrator says it is: a file, a PKCS#11 device, or the
environment."""

from pathlib import Path

from host_tools.errors import ExitCode, KodebrikError
from host_tools.validator.keys import master_key, pkcs11
from host_tools.validator.keys.master_key import MasterKey


def open_key(place: str | None) -> MasterKey:
    """Open the key of a file's path or of a PKCS#11 URI; None means the environment."""
    if place is not None:
        if place.startswith(pkcs11.SCHEME):
            return pkcs11.Pkcs11Key(pkcs11.parse(place))
        return master_key.from_file(Path(place))
    found = master_key.from_environment()
    if found is None:
        raise KodebrikError(
            "There is no master key.",
            "Name it with --master-key, or make one with 'kodebrik server create-key'.",
            ExitCode.WRONG_KEY,
        )
    return found
