"""What runs beside the application: RADIUS over the same validator, from start to graceful stop."""

import socket

import pytest
from fastapi.testclient import TestClient
from pyrad import packet as wire

from host_tools.errors import KodebrikError
from host_tools.secret import Secret
from host_tools.validator.http.settings import Radius, Settings
from host_tools.validator.radius.server import USER_NAME, USER_PASSWORD, parse_clients
from host_tools.validator.server.application import create_app
from host_tools.validator.service import Validator
from tests.support.validator.application import Tokens
from tests.support.validator.clock import VirtualClock

SECRET = b"a shared secret of a client"


def ask(port: int, user: str, code: str) -> int:
    """Ask as a RADIUS client; give the code of the verified answer."""
    request = wire.AuthPacket(secret=SECRET, authenticator=wire.Packet.CreateAuthenticator())
    request[USER_NAME] = [user.encode()]
    request[USER_PASSWORD] = [request.PwCrypt(code)]
    request.add_message_authenticator()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.sendto(request.RequestPacket(), ("127.0.0.1", port))
        data = client.recv(4096)
    answer = request.CreateReply(packet=data)
    assert request.VerifyReply(answer, data, enforce_ma=True)
    return int(answer.code)


def test_a_code_is_accepted_once_over_radius_and_http_together(
    validator: Validator, settings: Settings, tokens: Tokens
) -> None:
    clients = tuple(parse_clients(f"127.0.0.1 {SECRET.decode()}"))
    app = create_app(
        validator,
        settings.model_copy(update={"radius": Radius(host="127.0.0.1", port=0, clients=clients)}),
    )
    with TestClient(app):
        port = app.state.radius.port
        assert ask(port, "anna.holm", tokens.code("K1")) == wire.AccessAccept
        assert ask(port, "anna.holm", tokens.code("K1")) == wire.AccessReject
        assert ask(port, "nobody.here", tokens.code("K1")) == wire.AccessReject
    entries = validator.audit(serial="K1").items
    assert "radius 127.0.0.1" in {entry.actor for entry in entries}


def test_the_pin_stands_before_the_code_over_radius_too(
    validator: Validator, settings: Settings, tokens: Tokens, clock: VirtualClock
) -> None:
    clients = tuple(parse_clients(f"127.0.0.1 {SECRET.decode()}"))
    validator.set_pin("anna.holm", Secret(b"4711"), actor="test")
    app = create_app(
        validator,
        settings.model_copy(update={"radius": Radius(host="127.0.0.1", port=0, clients=clients)}),
    )
    with TestClient(app):
        assert ask(app.state.radius.port, "anna.holm", tokens.code("K1")) == wire.AccessReject
        clock.advance(30)
        assert (
            ask(app.state.radius.port, "anna.holm", "4711" + tokens.code("K1")) == wire.AccessAccept
        )


def test_an_address_that_is_not_here_stops_the_start_with_a_reason(
    validator: Validator, settings: Settings
) -> None:
    clients = tuple(parse_clients(f"127.0.0.1 {SECRET.decode()}"))
    app = create_app(
        validator,
        settings.model_copy(
            update={"radius": Radius(host="192.0.2.1", port=1812, clients=clients)}
        ),
    )
    with (
        pytest.raises(KodebrikError, match=r"Cannot listen for RADIUS on 192\.0\.2\.1"),
        TestClient(app),
    ):
        pass
