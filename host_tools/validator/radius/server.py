"""RADIUS for one-time codes: PAP over UDP (RFC 2865), every packet in and out with a
Message-Authenticator (RFC 3579).

A request without a valid one is dropped: without it, whoever sits between client and server can
forge an answer (CVE-2024-3596, "BlastRADIUS"). A client that hears nothing sends its packet again;
that gets the answer of the first one (RFC 5080 section 2.2.2), or every code sent twice would be
refused as a replay. Packets hold at most 4,096 bytes.
"""

import asyncio
import ipaddress
import logging
import socket
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pyrad import packet as wire

from host_tools.errors import ExitCode, KodebrikError, listen_code
from host_tools.messages.system_errors import reason
from host_tools.secret import Secret
from host_tools.validator.fault_log import FaultLog

log = logging.getLogger("kodebrik.radius")

USER_NAME, USER_PASSWORD, REPLY_MESSAGE = 1, 2, 18  # attribute numbers, RFC 2865 section 5
MIN_SECRET = 16  # bytes; RFC 2865 section 3 prefers at least that
_MAX_PACKET = 4096  # bytes, RFC 2865 section 3
# seconds that an answer is kept for repeated requests; RFC 5080 section 2.2.2 says 5 to 30
_REMEMBERED = 10.0
_MAX_REMEMBERED = (
    50_000  # answers and running checks; requests past that are dropped and come again
)

Address = tuple[str, int]
Check = Callable[
    [str, str, str], Awaitable[bool]
]  # user-ID, code, client to "accepted"; raises when none can tell


@dataclass(frozen=True)
class Client:
    """A RADIUS client: its network, and the secret that it shares with this server."""

    network: ipaddress.IPv4Network | ipaddress.IPv6Network
    secret: Secret


def parse_clients(text: str) -> list[Client]:
    """Read one `ADDRESS[/BITS] SECRET` a line; `#` starts a comment. KodebrikError names a wrong
    line by its number."""
    clients = []
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        address, _, secret = stripped.partition(" ")
        try:
            network = ipaddress.ip_network(address, strict=False)
        except ValueError:
            raise KodebrikError(
                "radius-client-address", ExitCode.BAD_INPUT, line=number, address=address
            ) from None
        shared = Secret(secret.strip().encode())
        if len(shared) < MIN_SECRET:
            raise KodebrikError(
                "radius-client-secret",
                ExitCode.BAD_INPUT,
                line=number,
                size=len(shared),
                least=MIN_SECRET,
            )
        clients.append(Client(network, shared))
    if not clients:
        raise KodebrikError("radius-clients-empty", ExitCode.BAD_INPUT)
    # the most exact network first
    return sorted(clients, key=lambda client: -client.network.prefixlen)


class _DropError(Exception):
    """A packet must be dropped; the message says why and is written to the log."""


class RadiusServer(asyncio.DatagramProtocol):
    """Answers Access-Request and Status-Server; packets that cannot be authenticated are dropped
    without an answer (RFC 2865 section 3)."""

    def __init__(self, clients: list[Client], check: Check) -> None:
        """Take the clients, longest network prefix first (see parse_clients()), and the function
        that checks a code."""
        self._clients = clients
        self._check = check
        self._transport: asyncio.DatagramTransport | None = None
        self._answers: OrderedDict[tuple[Address, bytes], tuple[float, bytes | None]] = (
            OrderedDict()
        )
        self._running: set[asyncio.Task[None]] = set()
        self._faults = FaultLog(log)
        self._told: set[str] = set()  # "sender reason" of the warnings already logged

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        """Keep the transport, over which answers are sent."""
        self._transport = transport

    def datagram_received(self, data: bytes, sender: Address) -> None:
        """Process one packet: check a new request, send the stored answer to a repeated one, drop
        others."""
        try:
            request = self._parse(data, sender)
        except _DropError as reason:
            self._complain(sender[0], str(reason))
            return
        now = time.monotonic()
        while self._answers and next(iter(self._answers.values()))[0] < now - _REMEMBERED:
            self._answers.popitem(last=False)
        # A retransmitted packet has the same 20-byte header, whose authenticator is random.
        seen = (sender[:2], data[:20])
        if seen in self._answers:
            answer = self._answers[seen][1]
            if answer is not None:
                self._send(answer, sender)
            return
        if len(self._answers) >= _MAX_REMEMBERED:
            self._complain("everyone", "dropped: too many requests at once")
            return
        self._answers[seen] = (now, None)
        task = asyncio.get_running_loop().create_task(self._answer(request, sender, seen))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    @property
    def port(self) -> int:
        """The UDP port of the socket; with port 0 the system has chosen it."""
        assert self._transport is not None  # noqa: S101 - serve() gives only servers that listen
        return int(self._transport.get_extra_info("sockname")[1])

    async def close(self) -> None:
        """Wait for the running checks to be answered, then close the socket."""
        if self._running:
            await asyncio.wait(self._running)
        if self._transport is not None:
            self._transport.close()

    def _parse(self, data: bytes, sender: Address) -> wire.AuthPacket:
        client = self._client(sender[0])
        if client is None:
            raise _DropError("is not a known client: name it in the file of RADIUS clients")
        if len(data) > _MAX_PACKET:
            raise _DropError("sent a packet that is too long")
        try:
            request = wire.AuthPacket(packet=data, secret=client.secret.reveal())
        except (wire.PacketError, ValueError, IndexError):
            raise _DropError("sent a damaged packet") from None
        if request.code not in (wire.AccessRequest, wire.StatusServer):
            raise _DropError(
                f"sent packets of type {request.code}; only authentication is served here"
            )
        if not request.message_authenticator:
            raise _DropError(
                "sent no Message-Authenticator: switch it on in the client (CVE-2024-3596)"
            )
        if not request.verify_message_authenticator():
            raise _DropError("has another secret than the file of RADIUS clients")
        return request

    def _client(self, address: str) -> Client | None:
        # Without the zone index ("fe80::1%eth0"); an IPv4 address may come IPv6-mapped.
        number = ipaddress.ip_address(address.partition("%")[0])
        number = getattr(number, "ipv4_mapped", None) or number
        return next((client for client in self._clients if number in client.network), None)

    async def _answer(
        self, request: wire.AuthPacket, sender: Address, seen: tuple[Address, bytes]
    ) -> None:
        try:
            reply = await self._decide(request, sender[0])
        except Exception as error:  # no answer: the client retransmits, or asks another server
            if isinstance(error, KodebrikError):
                self._faults.note(error)
            else:
                log.exception("A RADIUS check from %s failed; it gets no answer.", sender[0])
            self._answers.pop(seen, None)
            return
        # The first attribute: bytes before it would let an attacker prepare an MD5 collision
        # (CVE-2024-3596).
        reply.add_message_authenticator()
        answer = reply.ReplyPacket()
        self._answers[seen] = (
            (self._answers[seen][0], answer)
            if seen in self._answers
            else (time.monotonic(), answer)
        )
        self._send(answer, sender)

    async def _decide(self, request: wire.AuthPacket, client: str) -> wire.AuthPacket:
        reply = request.CreateReply()
        if request.code == wire.StatusServer:
            return reply  # RFC 5997 section 4.2: Status-Server is answered by Access-Accept
        accepted, message = False, b"Wrong user-ID or code."
        if USER_NAME not in request or USER_PASSWORD not in request:
            message = b"This server takes PAP alone: a user name and a password."
        else:
            code = _password(request)
            if code is None:
                self._complain(client, "sent a password that is no hidden UTF-8 text")
            try:
                user_id = request[USER_NAME][0].decode()
            except UnicodeDecodeError:
                user_id = ""  # no user-ID, so it is refused like an unknown one
            accepted = code is not None and await self._check(user_id, code, client)
        if not accepted:
            reply.code = wire.AccessReject
            reply[REPLY_MESSAGE] = [message]
        return reply

    def _send(self, answer: bytes, sender: Address) -> None:
        if self._transport is not None:
            self._transport.sendto(answer, sender)

    def _complain(self, sender: str, what: str) -> None:
        """Log a warning once for each sender and reason, so that packets from outside cannot fill
        the log."""
        key = f"{sender} {what}"
        if key not in self._told and len(self._told) < _MAX_REMEMBERED:
            self._told.add(key)
            log.warning("RADIUS: %s %s.", sender, what)


def _password(request: wire.AuthPacket) -> str | None:
    """Decrypt the password; None when its length or its bytes are none that RFC 2865 section 5.2
    makes of a text.

    pyrad leaves out bytes that are no UTF-8; encrypting again shows whether it did.
    """
    hidden = request[USER_PASSWORD][0]
    try:
        text = str(request.PwDecrypt(hidden))
    except wire.PacketError:
        return None
    padded = text.encode().ljust(len(hidden), b"\0")
    return text if request.PwCrypt(padded) == hidden else None


async def serve(host: str, port: int, clients: list[Client], check: Check) -> RadiusServer:
    """Listen on UDP `host`:`port` (1812 by RFC 2865); KodebrikError when the port cannot be bound.

    Workers share the port by SO_REUSEPORT. The system delivers all packets from one socket of a
    client to the same worker, which therefore recognises repeated requests.
    """
    listening = _listen(host, port, shared=True)
    loop = asyncio.get_running_loop()
    _, server = await loop.create_datagram_endpoint(
        lambda: RadiusServer(clients, check), sock=listening
    )
    return server


def check_free(host: str, port: int) -> None:
    """Check that `host`:`port` can be bound and that no other program uses it; KodebrikError
    otherwise."""
    _listen(host, port, shared=False).close()


def _listen(host: str, port: int, shared: bool) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[
            0
        ]
        listening = socket.socket(family, kind, protocol)
        try:
            if shared and hasattr(socket, "SO_REUSEPORT"):
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            listening.setblocking(False)
            listening.bind(address)
        except OSError:
            listening.close()
            raise
    except OSError as error:
        raise KodebrikError(
            "radius-listen-failed", listen_code(error), host=host, port=port, reason=reason(error)
        ) from None
    return listening
