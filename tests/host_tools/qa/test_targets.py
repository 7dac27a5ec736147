"""RADIUS as a target, and a real token that a person presses."""

import asyncio
import ipaddress
import random
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from host_tools.errors import ExitCode, KodebrikError
from host_tools.otp import codes
from host_tools.otp.credential import Credential
from host_tools.qa.cases.enrolled_token import EnrolledToken
from host_tools.qa.cases.environment import Environment
from host_tools.qa.cases.schedule import Schedule, run_cases
from host_tools.qa.targets.local import LocalTarget
from host_tools.qa.targets.radius import RadiusTarget
from host_tools.qa.targets.target import Policy
from host_tools.qa.time_source import VirtualTime
from host_tools.qa.tokens.emulated import EmulatedToken, TokenModel, image_of
from host_tools.qa.tokens.manual import ManualToken
from host_tools.secret import Secret
from host_tools.validator.radius import server as radius

START = 1_893_456_000.0
SHARED = Secret(b"a secret of many bytes")


@contextmanager
def radius_server(secret: Secret):
    """Run a RADIUS server on the loopback that accepts anna's 123456; give its port."""
    started, loop = threading.Event(), asyncio.new_event_loop()
    ports: list[int] = []
    servers: list[radius.RadiusServer] = []

    async def check(user_id: str, code: str, client: str) -> bool:
        return (user_id, code) == ("anna", "123456")

    async def serve() -> None:
        client = radius.Client(ipaddress.ip_network("127.0.0.1/32"), secret)
        server = await radius.serve("127.0.0.1", 0, [client], check)
        servers.append(server)
        ports.append(server._transport.get_extra_info("sockname")[1])
        started.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve())
        loop.run_forever()
        loop.run_until_complete(servers[0].close())
        # the transport closes its socket in the loop's next turn
        loop.run_until_complete(asyncio.sleep(0))

    thread = threading.Thread(target=run)
    thread.start()
    assert started.wait(120)
    yield ports[0]
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_radius_tells_accepted_and_refused():
    with radius_server(SHARED) as port:
        target = RadiusTarget("127.0.0.1", port, SHARED, None, Policy())
        assert target.submit("anna", "123456").accepted
        assert not target.submit("anna", "123457").accepted
        assert target.submit("anna", "123457").reason is None


def test_answers_of_a_radius_server_with_another_secret_are_ignored(monkeypatch):
    monkeypatch.setattr("host_tools.qa.targets.radius._TIMEOUT", 0.05)
    with radius_server(Secret(b"another secret of many bytes")) as port:
        target = RadiusTarget("127.0.0.1", port, SHARED, None, Policy())
        with pytest.raises(KodebrikError) as raised:
            target.submit("anna", "123456")
    assert raised.value.exit_code == ExitCode.SILENT


def test_every_case_without_need_of_an_emulator_runs_with_a_manually_operated_token(tmp_path: Path):
    time_source = VirtualTime(START)
    target = LocalTarget(tmp_path, time_source)
    credential = Credential("QA", Secret(bytes(range(20))))
    with EmulatedToken(
        TokenModel("kodeviser", image_of("kodeviser"), "da"), tmp_path / "token", 1, START
    ) as token:
        serial = token.provision(credential)
        target.enrol("anna.jensen", serial, credential, token.now)
        asked: list[str] = []

        def person(question: str) -> str:
            """Press and type the code; at first type something that is no code."""
            asked.append(question)
            if len(asked) == 1:
                return "what?"
            token.advance_to(time_source.now())
            return codes.grouped(token.press("").shown)

        time_source.wait_until(token.now, "provisioning")
        enrolled = EnrolledToken(
            "anna.jensen", serial, ManualToken("kodeviser", time_source, person), 30
        )
        played = run_cases(
            Environment(time_source, target, [enrolled], random.Random(1)),
            Schedule(1, frozenset()),
            lambda each: None,
        )
    target.close()
    done = {each.case.name for each in played if not each.skipped}
    assert done == {
        "right",
        "late-within",
        "late",
        "replayed",
        "older",
        "at-once",
        "transposed",
        "one-digit-off",
        "locked-out",
    }
    assert all(each.passed for each in played if not each.skipped)
    assert "Press the kodeviser now" in asked[0]
