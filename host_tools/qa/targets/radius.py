"""A RADIUS server (RFC 2865, PAP). Requests carry a Message-Authenticator and answers must
(CVE-2024-3596)."""

import socket
import time

from pyrad import packet as wire

from host_tools.errors import ExitCode, KodebrikError
from host_tools.otp.credential import Credential
from host_tools.qa.targets.target import Answer, Enroller, Policy
from host_tools.secret import Secret

PORT = 1812  # RFC 2865
_USER_NAME, _USER_PASSWORD = 1, 2  # attributes, RFC 2865 section 5
_TRIES, _TIMEOUT = 3, 5.0  # retransmissions (RFC 5080 section 2.2.1), seconds for each
_MAX_PACKET = 4096


class RadiusTarget:
    """A Target that only accepts or rejects; `enroller` enrols its users elsewhere."""

    tells_reason = False

    def __init__(
        self, host: str, port: int, secret: Secret, enroller: Enroller | None, policy: Policy
    ) -> None:
        """`secret` is shared with the server."""
        self._address, self._secret = (host, port), secret
        self._enroller = enroller
        self.name = f"RADIUS at {host}:{port}"
        self.policy = policy

    def enrol(self, user_id: str, serial: str, credential: Credential, clock_set_at: float) -> None:
        """As Target.enrol."""
        if self._enroller is None:
            raise KodebrikError("radius-no-enrolment", ExitCode.USAGE)
        self._enroller.enrol(user_id, serial, credential, clock_set_at)

    def withdraw(self, user_id: str, serial: str) -> None:
        """As Target.withdraw."""
        if self._enroller is not None:
            self._enroller.withdraw(user_id, serial)

    def submit(self, user_id: str, code: str, challenge: str | None = None) -> Answer:
        """As Target.submit."""
        request = wire.AuthPacket(code=wire.AccessRequest, secret=self._secret.reveal())
        request.add_message_authenticator()
        request[_USER_NAME] = [user_id.encode()]
        request[_USER_PASSWORD] = [request.PwCrypt(code)]
        packet = request.RequestPacket()
        began = time.perf_counter()
        for _ in range(_TRIES):
            reply = self._exchange(request, packet)
            if reply is not None:
                return Answer(reply.code == wire.AccessAccept, took=time.perf_counter() - began)
        raise KodebrikError("radius-silent", ExitCode.SILENT, server=self.name)

    def clock_ahead(self) -> float | None:
        """As Target.clock_ahead: RADIUS carries no time."""
        return None

    def close(self) -> None:
        """As Target.close; each question has its own socket."""
        if self._enroller is not None:
            self._enroller.close()

    def _exchange(self, request: wire.AuthPacket, packet: bytes) -> wire.AuthPacket | None:
        """Send and wait for an answer, ignoring damaged and forged ones; None when none comes."""
        family = socket.getaddrinfo(*self._address, type=socket.SOCK_DGRAM)[0][0]
        with socket.socket(family, socket.SOCK_DGRAM) as line:
            line.connect(self._address)
            line.send(packet)
            deadline = time.monotonic() + _TIMEOUT
            while (left := deadline - time.monotonic()) > 0:
                line.settimeout(left)
                try:
                    reply = request.CreateReply(packet=line.recv(_MAX_PACKET))
                except (TimeoutError, ConnectionRefusedError):
                    return None
                except (wire.PacketError, ValueError):
                    continue
                if request.VerifyReply(reply, enforce_ma=True):
                    return reply
        return None
