"""Why the operating system refused something, as a message."""

import errno

from host_tools.messages.catalogue import Message

# English as strerror() of glibc has it; other numbers keep the system's own words.
_IDENTIFIERS = {
    errno.EACCES: "system-error.eacces",
    errno.EADDRINUSE: "system-error.eaddrinuse",
    errno.EADDRNOTAVAIL: "system-error.eaddrnotavail",
    errno.ECONNREFUSED: "system-error.econnrefused",
    errno.EEXIST: "system-error.eexist",
    errno.EIO: "system-error.eio",
    errno.EISDIR: "system-error.eisdir",
    errno.ENOENT: "system-error.enoent",
    errno.ENOSPC: "system-error.enospc",
    errno.ENOTDIR: "system-error.enotdir",
    errno.EPERM: "system-error.eperm",
    errno.EROFS: "system-error.erofs",
}


def reason(error: OSError) -> str:
    """Give why the system call failed; the exception's own text where it has no number."""
    identifier = _IDENTIFIERS.get(error.errno or 0)
    return Message(identifier) if identifier else error.strerror or str(error)
