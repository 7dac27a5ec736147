"""RADIUS as RFC 2865, RFC 3579 and RFC 5080 ask, over real datagrams on loopback; pyrad's client
side is the oracle."""

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable

import pytest
from pyrad import packet as wire

from host_tools.errors import KodebrikError
from host_tools.validator.errors import UnavailableError
from host_tools.validator.radius import server as radius
from tests.support.limits import REAL_LIMIT

SECRET = b"a shared secret of a client"
MESSAGE_AUTHENTICATOR = 80


class Asked:
    """Stands for the check: keeps what it was asked, answers as told."""

    def __init__(self) -> None:
        self.checks: list[tuple[str, str]] = []
        self.answers = {("anna.holm", "123456"): True}
        self.broken = False

    async def __call__(self, user_id: str, code: str, client: str) -> bool:
        assert client == "127.0.0.1"
        self.checks.append((user_id, code))
        if self.broken:
            raise ConnectionError("the database is away")
        return self.answers.get((user_id, code), False)


class Wire(asyncio.DatagramProtocol):
    """One client's socket."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.heard.put_nowait(data)


def request(
    user: bytes = b"anna.holm", code: bytes = b"123456", secret: bytes = SECRET
) -> wire.AuthPacket:
    packet = wire.AuthPacket(id=7, secret=secret, authenticator=wire.Packet.CreateAuthenticator())
    packet[radius.USER_NAME] = [user]
    packet[radius.USER_PASSWORD] = [packet.PwCrypt(code)]
    packet.add_message_authenticator()
    return packet


def on_the_wire(
    scenario: Callable[
        [Callable[[bytes], Awaitable[None]], Callable[[], Awaitable[bytes]]], Awaitable[None]
    ],
    check: radius.Check,
) -> None:
    """Run `scenario(send, hear)` against a listening server."""

    async def run() -> None:
        clients = radius.parse_clients(f"127.0.0.1 {SECRET.decode()}")
        server = await radius.serve("127.0.0.1", 0, clients, check)
        port = server.port
        loop = asyncio.get_running_loop()
        transport, client = await loop.create_datagram_endpoint(
            Wire, remote_addr=("127.0.0.1", port)
        )

        async def send(data: bytes) -> None:
            transport.sendto(data)

        async def hear() -> bytes:
            return await asyncio.wait_for(client.heard.get(), REAL_LIMIT)

        try:
            await scenario(send, hear)
        finally:
            transport.close()
            await server.close()

    asyncio.run(run())


def ask(packet: wire.AuthPacket, check: Asked) -> wire.Packet:
    """Send one packet and give the verified answer."""
    answers = []

    async def scenario(
        send: Callable[[bytes], Awaitable[None]], hear: Callable[[], Awaitable[bytes]]
    ) -> None:
        await send(packet.RequestPacket())
        answers.append(await hear())

    on_the_wire(scenario, check)
    reply = packet.CreateReply(packet=answers[0])
    assert packet.VerifyReply(reply, answers[0], enforce_ma=True)
    return reply


def never_answered(data: bytes, check: Asked) -> None:
    """Send `data`, then a Status-Server request: the one answer that comes is that one's."""
    probe = wire.AuthPacket(code=wire.StatusServer, id=200, secret=SECRET)
    probe.authenticator = wire.Packet.CreateAuthenticator()
    probe.add_message_authenticator()
    answers = []

    async def scenario(
        send: Callable[[bytes], Awaitable[None]], hear: Callable[[], Awaitable[bytes]]
    ) -> None:
        await send(data)
        await send(probe.RequestPacket())
        answers.append(await hear())

    on_the_wire(scenario, check)
    assert answers[0][1] == 200, "the dropped packet was answered"


def test_a_right_code_is_accepted() -> None:
    check = Asked()
    assert ask(request(), check).code == wire.AccessAccept
    assert check.checks == [("anna.holm", "123456")]


def test_a_wrong_code_and_an_unknown_user_get_the_same_answer() -> None:
    wrong, unknown = ask(request(code=b"000000"), Asked()), ask(request(user=b"nobody"), Asked())
    assert wrong.code == unknown.code == wire.AccessReject
    assert (
        wrong[radius.REPLY_MESSAGE] == unknown[radius.REPLY_MESSAGE] == [b"Wrong user-ID or code."]
    )


def test_the_answer_begins_with_its_message_authenticator() -> None:
    """CVE-2024-3596: computed here by RFC 3579 section 3.2, not by pyrad."""
    packet = request()
    raw = []

    async def scenario(
        send: Callable[[bytes], Awaitable[None]], hear: Callable[[], Awaitable[bytes]]
    ) -> None:
        await send(packet.RequestPacket())
        raw.append(await hear())

    on_the_wire(scenario, Asked())
    answer = raw[0]
    assert answer[20:22] == bytes([MESSAGE_AUTHENTICATOR, 18])
    blank = answer[:4] + packet.authenticator + answer[20:22] + bytes(16) + answer[38:]
    assert answer[22:38] == hmac.digest(SECRET, blank, "md5")
    assert (
        answer[4:20]
        == hashlib.md5(answer[:4] + packet.authenticator + answer[20:] + SECRET).digest()
    )


def test_a_request_without_message_authenticator_is_dropped_and_the_log_says_what_to_do(
    caplog: pytest.LogCaptureFixture,
) -> None:
    packet = wire.AuthPacket(id=7, secret=SECRET, authenticator=wire.Packet.CreateAuthenticator())
    packet[radius.USER_NAME] = [b"anna.holm"]
    packet[radius.USER_PASSWORD] = [packet.PwCrypt("123456")]
    check = Asked()
    with caplog.at_level(logging.WARNING):
        never_answered(packet.RequestPacket(), check)
    assert check.checks == []
    assert "no Message-Authenticator: switch it on in the client" in caplog.text


def test_a_client_with_another_secret_is_dropped(caplog: pytest.LogCaptureFixture) -> None:
    check = Asked()
    with caplog.at_level(logging.WARNING):
        never_answered(request(secret=b"quite another secret").RequestPacket(), check)
    assert check.checks == []
    assert "another secret" in caplog.text
    assert "quite another" not in caplog.text


@pytest.mark.parametrize("length", [0, 1, 19, 20, 37, 60])
def test_a_truncated_packet_is_dropped(length: int) -> None:
    check = Asked()
    never_answered(request().RequestPacket()[:length], check)
    assert check.checks == []


def test_a_changed_byte_is_dropped() -> None:
    data = bytearray(request().RequestPacket())
    data[-1] ^= 1
    check = Asked()
    never_answered(bytes(data), check)
    assert check.checks == []


def test_a_repeated_request_gets_the_first_answer_and_is_checked_once() -> None:
    """RFC 5080 section 2.2.2: a code sent twice by the network is no replay."""
    packet, check = request(), Asked()
    answers = []

    async def scenario(
        send: Callable[[bytes], Awaitable[None]], hear: Callable[[], Awaitable[bytes]]
    ) -> None:
        data = packet.RequestPacket()
        await send(data)
        answers.append(await hear())
        check.answers.clear()  # a second check would say no
        await send(data)
        answers.append(await hear())

    on_the_wire(scenario, check)
    assert answers[0] == answers[1]
    assert answers[0][0] == wire.AccessAccept
    assert len(check.checks) == 1


def test_a_failed_check_gets_no_answer_and_a_repeated_request_is_checked_again() -> None:
    """Silence makes the client ask again or turn to another server; a reject would lock people
    out."""
    packet, check = request(), Asked()
    answers = []

    async def scenario(
        send: Callable[[bytes], Awaitable[None]], hear: Callable[[], Awaitable[bytes]]
    ) -> None:
        check.broken = True
        await send(packet.RequestPacket())
        while not check.checks:
            await asyncio.sleep(0)
        check.broken = False
        await send(packet.RequestPacket())
        answers.append(await hear())

    on_the_wire(scenario, check)
    assert answers[0][0] == wire.AccessAccept
    assert len(check.checks) == 2


def test_chap_is_refused_with_the_reason() -> None:
    packet = wire.AuthPacket(id=7, secret=SECRET, authenticator=wire.Packet.CreateAuthenticator())
    packet[radius.USER_NAME] = [b"anna.holm"]
    packet[3] = [bytes(17)]  # CHAP-Password
    packet.add_message_authenticator()
    reply = ask(packet, Asked())
    assert reply.code == wire.AccessReject
    assert b"PAP" in reply[radius.REPLY_MESSAGE][0]


def test_a_name_that_is_no_text_is_refused_like_an_unknown_one() -> None:
    assert ask(request(user=b"\xff\xfe\xfd"), Asked()).code == wire.AccessReject


@pytest.mark.parametrize(
    "hide",
    [
        lambda packet: packet.PwCrypt(b"123456\xff"),
        lambda packet: packet.PwCrypt(b"123456")[:15],
        lambda packet: packet.PwCrypt(b"123456") + b"\1",
    ],
    ids=["no UTF-8", "15 bytes", "17 bytes"],
)
def test_a_malformed_password_is_rejected_unchecked_and_logged_once(
    hide: Callable[[wire.AuthPacket], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    check = Asked()
    with caplog.at_level(logging.WARNING, "kodebrik.radius"):
        for _ in range(2):
            packet = request()
            packet[radius.USER_PASSWORD] = [hide(packet)]
            packet.add_message_authenticator()
            assert ask(packet, check).code == wire.AccessReject
    assert check.checks == []
    assert {record.exc_info for record in caplog.records} == {None}
    assert "no hidden UTF-8 text" in caplog.text


def test_a_client_that_goes_on_with_malformed_passwords_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    check = Asked()

    async def scenario(
        send: Callable[[bytes], Awaitable[None]], hear: Callable[[], Awaitable[bytes]]
    ) -> None:
        for _ in range(3):
            packet = request()
            packet[radius.USER_PASSWORD] = [packet.PwCrypt(b"123456")[:15]]
            packet.add_message_authenticator()
            await send(packet.RequestPacket())
            assert (await hear())[0] == wire.AccessReject

    with caplog.at_level(logging.WARNING, "kodebrik.radius"):
        on_the_wire(scenario, check)
    assert check.checks == []
    assert [record.exc_info for record in caplog.records] == [None]
    assert "no hidden UTF-8 text" in caplog.text


def test_a_database_that_is_away_is_said_in_words_and_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked = 0

    async def away(*_: str) -> bool:
        nonlocal asked
        asked += 1
        raise UnavailableError("database-full")

    async def scenario(
        send: Callable[[bytes], Awaitable[None]], hear: Callable[[], Awaitable[bytes]]
    ) -> None:
        for number in range(1, 4):
            await send(request().RequestPacket())
            while asked < number:
                await asyncio.sleep(0)

    with caplog.at_level(logging.WARNING, "kodebrik.radius"):
        on_the_wire(scenario, away)
    assert [record.exc_info for record in caplog.records] == [None]
    assert (
        caplog.records[0]
        .getMessage()
        .startswith("database-full: The disk of the database is full.")
    )


def test_danish_letters_arrive() -> None:
    check = Asked()
    ask(request(user="bjørn.ærlig".encode()), check)
    assert check.checks == [("bjørn.ærlig", "123456")]


def test_the_most_exact_network_gives_the_secret() -> None:
    clients = radius.parse_clients(
        "# offices\n192.0.2.0/24 a secret for the whole network\n\n192.0.2.7    a secret for one "
        "machine\n"
    )
    assert [str(client.network) for client in clients] == ["192.0.2.7/32", "192.0.2.0/24"]
    assert clients[0].secret.reveal() == b"a secret for one machine"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names none"),
        ("192.0.2.7 short", "line 1: the secret has 5 bytes"),
        (
            "192.0.2.7 0123456789abcdef\nelsewhere 0123456789abcdef",
            "line 2: elsewhere is not an address",
        ),
    ],
)
def test_a_wrong_file_of_clients_is_named_by_line_and_never_quoted(text: str, said: str) -> None:
    with pytest.raises(KodebrikError) as error:
        radius.parse_clients(text)
    assert said in error.value.message
    assert "short" not in error.value.message


def test_it_listens_under_uvloop_as_the_server_runs_it() -> None:
    """And two workers share the port."""
    uvloop = pytest.importorskip("uvloop", reason="uvloop does not exist on Windows")
    clients = radius.parse_clients(f"127.0.0.1 {SECRET.decode()}")

    async def run() -> tuple[int, int]:
        first = await radius.serve("127.0.0.1", 0, clients, Asked())
        second = await radius.serve("127.0.0.1", first.port, clients, Asked())
        ports = first.port, second.port
        await first.close()
        await second.close()
        return ports

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        first, second = runner.run(run())
    assert first == second
