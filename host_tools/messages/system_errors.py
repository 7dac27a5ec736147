"""Why the operating system or SQLite refused something, as a message."""

import errno
import socket
import sqlite3
import ssl

from host_tools.messages.catalogue import Message

# English as strerror() of glibc has it; other numbers keep the system's own words.
_IDENTIFIERS = {
    errno.EACCES: "system-error.eacces",
    errno.EADDRINUSE: "system-error.eaddrinuse",
    errno.EADDRNOTAVAIL: "system-error.eaddrnotavail",
    errno.EBUSY: "system-error.ebusy",
    errno.ECONNREFUSED: "system-error.econnrefused",
    errno.ECONNRESET: "system-error.econnreset",
    errno.EEXIST: "system-error.eexist",
    errno.EFBIG: "system-error.efbig",
    errno.EHOSTUNREACH: "system-error.ehostunreach",
    errno.EINVAL: "system-error.einval",
    errno.EIO: "system-error.eio",
    errno.EISDIR: "system-error.eisdir",
    errno.ELOOP: "system-error.eloop",
    errno.EMFILE: "system-error.emfile",
    errno.ENAMETOOLONG: "system-error.enametoolong",
    errno.ENETUNREACH: "system-error.enetunreach",
    errno.ENODEV: "system-error.enodev",
    errno.ENOENT: "system-error.enoent",
    errno.ENOSPC: "system-error.enospc",
    errno.ENOTDIR: "system-error.enotdir",
    errno.ENOTEMPTY: "system-error.enotempty",
    errno.EPERM: "system-error.eperm",
    errno.EPIPE: "system-error.epipe",
    errno.EROFS: "system-error.erofs",
    errno.ETIMEDOUT: "system-error.etimedout",
    errno.EXDEV: "system-error.exdev",
    # of getaddrinfo(), whose numbers are negative
    socket.EAI_AGAIN: "system-error.eai-again",
    socket.EAI_NONAME: "system-error.eai-noname",
}

# By SQLite's primary result codes (sqlite.org/rescode.html); English as sqlite3_errstr() has it.
_SQLITE = {
    sqlite3.SQLITE_BUSY: "sqlite-error.busy",
    sqlite3.SQLITE_CANTOPEN: "sqlite-error.cantopen",
    sqlite3.SQLITE_CORRUPT: "sqlite-error.corrupt",
    sqlite3.SQLITE_FULL: "sqlite-error.full",
    sqlite3.SQLITE_IOERR: "sqlite-error.ioerr",
    sqlite3.SQLITE_NOTADB: "sqlite-error.notadb",
    sqlite3.SQLITE_READONLY: "sqlite-error.readonly",
}
_PRIMARY = 0xFF  # bits of a result code


# By OpenSSL's names of reasons (openssl/sslerr.h), as Python gives them ...
_TLS = {
    "CERTIFICATE_VERIFY_FAILED": "tls-error.certificate",
    "HTTP_REQUEST": "tls-error.none",
    "KEY_VALUES_MISMATCH": "tls-error.key-mismatch",
    "RECORD_LAYER_FAILURE": "tls-error.none",
    "UNSUPPORTED_PROTOCOL": "tls-error.version",
    "TLSV1_ALERT_PROTOCOL_VERSION": "tls-error.version",
    "WRONG_VERSION_NUMBER": "tls-error.none",
}
# ... and by the numbers of why a certificate is not trusted (openssl/x509_vfy.h).
_CERTIFICATE = {
    9: "tls-error.certificate-early",
    10: "tls-error.certificate-expired",
    18: "tls-error.certificate-self-signed",
    19: "tls-error.certificate-self-signed",
    20: "tls-error.certificate-issuer",
    21: "tls-error.certificate-issuer",
    62: "tls-error.certificate-name",
    64: "tls-error.certificate-name",
}


def speaks_no_tls(error: BaseException) -> bool:
    """Say whether TLS failed, here or in an error that this one was raised from, since the other
    side does not speak it."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, ssl.SSLError):
            return _TLS.get(found.reason or "") == "tls-error.none"
        found = found.__cause__ or found.__context__
    return False


def _tls_reason(error: ssl.SSLError) -> Message:
    """Give why TLS failed; its error numbers are OpenSSL's, not the system's."""
    code = getattr(error, "verify_code", None)  # of a certificate
    identifier = _CERTIFICATE.get(code or 0) or _TLS.get(error.reason or "")
    if identifier is None:
        return Message("tls-error.other", name=error.reason or error.library or "SSL")
    return Message(identifier)


def reason(error: OSError) -> str:
    """Give why the system call failed; where it has no number, the message that it was raised with,
    or its own text."""
    said = error.args[0] if error.args else None
    if isinstance(said, Message):
        return said
    if isinstance(error, ssl.SSLError):
        return _tls_reason(error)
    identifier = _IDENTIFIERS.get(error.errno or 0)
    return Message(identifier) if identifier else error.strerror or str(error)


def sqlite_reason(error: sqlite3.Error) -> str:
    """Give why SQLite failed; the exception's own text for a fault of another kind."""
    code = getattr(error, "sqlite_errorcode", 0)
    identifier = _SQLITE.get(code & _PRIMARY)
    return Message(identifier) if identifier else str(error)


def cause(error: BaseException) -> str:
    """Give why the system call behind an error of another library failed, which that library
    raised it from; the error's own text when there is none."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, OSError) and found.errno is not None:
            return reason(found)
        if isinstance(found, TimeoutError):
            return Message("system-error.etimedout")
        found = found.__cause__ or found.__context__
    return str(error)
