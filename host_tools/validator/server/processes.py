"""Start of the server: one uvicorn process, or several workers that share a socket, a database, and
the writer, which decides their checks.

Workers and writer are new processes that get their options through the environment, so that neither
the database's URL nor a key is part of an argument list.
"""

import contextlib
import contextvars
import logging
import os
import secrets
import signal
import socket
import ssl
import tempfile
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvicorn
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from fastapi import FastAPI

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.messages.system_errors import reason
from host_tools.validator.http import metrics
from host_tools.validator.keys.locate import open_key
from host_tools.validator.radius import server as radius
from host_tools.validator.server import interpreter, server_log, settings_file, shutdown
from host_tools.validator.server.application import create_app
from host_tools.validator.server.bounded_requests import BoundedRequestsProtocol
from host_tools.validator.server.options import Options, handed_on
from host_tools.validator.service import Validator
from host_tools.validator.writer.line import WriterLine
from host_tools.validator.writer.messages import Address
from host_tools.web_server import listen

log = logging.getLogger("kodebrik.server")

_GRACE = 10  # seconds that requests under way have to finish when the server is told to stop


def serve(options: Options, ready: Callable[[str], None], made: Callable[[str], None]) -> bool:
    """Serve until SIGTERM or Ctrl-C, and say whether it was Ctrl-C. `ready(url)` is called when the
    first worker answers over HTTP (and over RADIUS, if that is set up), and `made(name)` before
    that when the database is new.

    KodebrikError for a database, key, settings file, certificate or address that cannot be used.
    """
    # Opened once before any worker starts, so that a fault is reported once.
    settings = settings_file.load(_path(options.settings))
    with Validator(options.database, open_key(options.key)) as validator:
        if validator.is_new:
            made(validator.database_name)
        _warn_of_clock(validator)
    if settings.radius is not None:
        radius.check_free(settings.radius.host, settings.radius.port)
    check_tls(options.certificate, options.private_key)
    listener = listen(options.host, options.port)
    listener.set_inheritable(True)
    options.hand_on()
    config = uvicorn.Config(
        "host_tools.validator.server.processes:application",
        factory=True,
        workers=options.workers,
        http=BoundedRequestsProtocol,
        access_log=False,
        log_config=server_log.CONFIGURATION,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
        ssl_certfile=options.certificate,
        ssl_keyfile=options.private_key,
        forwarded_allow_ips=options.trusted_proxies,
    )
    announcement = (listener.getsockname()[:2], config.is_ssl, ready)
    threading.Thread(
        target=contextvars.copy_context().run,  # `ready` speaks the language of the command
        args=(_announce, *announcement),
        daemon=True,
    ).start()
    # After its shutdown uvicorn raises the signal again, which would kill this process.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    server: shutdown.Server | shutdown.Workers
    with listener:
        if options.workers > 1:
            with tempfile.TemporaryDirectory(prefix="kodebrik-") as figures:
                os.environ.setdefault(metrics.SHARED, figures)
                replace(options, writer=_address(Path(figures))).hand_on()
                server = shutdown.Workers(config, [listener])
                server.run()
        else:
            server = shutdown.Server(config)
            server.run([listener])
    if not server.started:
        raise KodebrikError("server-not-started", ExitCode.INTERNAL)
    return server.interrupted


def _warn_of_clock(validator: Validator) -> None:
    behind = validator.clock_behind()
    if behind:
        log.warning("%s", Message("clock-behind", seconds=round(behind)))


def _announce(address: tuple[str, int], encrypted: bool, ready: Callable[[str], None]) -> None:
    """Request /healthz, which is answered once RADIUS and notices have started; then call `ready`
    with the URL."""
    host, port = address
    nearest = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - one address to connect to
    # OSError: the server has ended during its start, and reports the reason itself.
    with contextlib.suppress(OSError), contextlib.ExitStack() as opened:
        connection = opened.enter_context(socket.create_connection((nearest, port)))
        if encrypted:  # unverified: the certificate need not name this address, nothing is secret
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            connection = opened.enter_context(context.wrap_socket(connection))
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = opened.enter_context(connection.makefile("rb"))
        lives = answer.readline().split()[1:2] == [b"200"]
        if lives:
            scheme, shown = "https" if encrypted else "http", f"[{host}]" if ":" in host else host
            ready(f"{scheme}://{shown}:{port}")


def application() -> FastAPI:
    """Make the application of one process; uvicorn calls this factory in every worker."""
    options = handed_on()
    settings = settings_file.load(_path(options.settings))
    validator = Validator(
        options.database,
        open_key(options.key),
        user_ids=settings.user_ids.rule,
        create=False,  # serve() has made it: one that has vanished since must not be made anew
        writer=None if options.writer is None else WriterLine(options.writer),
    )
    app = create_app(validator, settings)
    inner = app.router.lifespan_context

    @contextlib.asynccontextmanager
    async def until_closed(app: FastAPI) -> AsyncIterator[Any]:
        with validator:
            async with inner(app) as state:
                yield state

    app.router.lifespan_context = until_closed
    interpreter.prepare()
    return app


def _address(folder: Path) -> Address:
    """Give an address for the writer, new at each start; `folder` is this user's alone."""
    name = secrets.token_hex(8)
    place = rf"\\.\pipe\kodebrik-{name}" if os.name == "nt" else str(folder / f"writer-{name}")
    return Address(place, secrets.token_hex(32))


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


def check_tls(certificate: str | None, private_key: str | None) -> None:
    """Raise KodebrikError for a certificate or private key that cannot be used."""
    if certificate is None and private_key is None:
        return
    if certificate is None:
        raise KodebrikError("certificate-missing", ExitCode.USAGE)
    for path in filter(None, (certificate, private_key)):
        try:
            Path(path).read_bytes()
        except OSError as error:
            raise KodebrikError(
                "file-unreadable", ExitCode.FILE, path=path, reason=reason(error)
            ) from None
    try:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, private_key, password=lambda: b"")
    except (OSError, ValueError) as error:  # SSLError is an OSError
        raise KodebrikError(
            "certificate-unusable",
            ExitCode.BAD_INPUT,
            path=certificate,
            reason=_pem_fault(Path(certificate), Path(private_key or certificate))
            or (
                reason(error) if isinstance(error, OSError) else Message("tls-error.key-encrypted")
            ),
        ) from None


def _pem_fault(certificate: Path, private_key: Path) -> Message | None:
    """Say which of the two files is not what it should be, as OpenSSL does not."""
    try:
        x509.load_pem_x509_certificates(certificate.read_bytes())
    except ValueError:
        return Message("tls-error.no-certificate", path=certificate)
    try:
        load_pem_private_key(private_key.read_bytes(), password=None)
    except TypeError:
        return Message("tls-error.key-encrypted")
    except (ValueError, UnsupportedAlgorithm):
        return Message("tls-error.no-key", path=private_key)
    return None
