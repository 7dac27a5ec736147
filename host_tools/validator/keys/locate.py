"""Opening of the master key from a file, a PKCS#11 device or the environment."""

from pathlib import Path

from host_tools.errors import ExitCode, KodebrikError
from host_tools.validator.keys import master_key, pkcs11
from host_tools.validator.keys.master_key import MasterKey


def open_key(location: str | None) -> MasterKey:
    """Open the key of a file's path or of a PKCS#11 URI; None means the environment."""
    if location is not None:
        if location.startswith(pkcs11.SCHEME):
            return pkcs11.Pkcs11Key(pkcs11.parse(location))
        return master_key.from_file(Path(location))
    found = master_key.from_environment()
    if found is None:
        raise KodebrikError("master-key-missing", ExitCode.WRONG_KEY)
    return found
