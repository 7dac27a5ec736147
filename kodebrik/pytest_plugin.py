"""pytest's plug-in: tokens and a server as fixtures (docs/testers.md)."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import kodebrik  # noqa: F401 - makes host_tools importable

if TYPE_CHECKING:
    from host_tools.errors import KodebrikError
    from host_tools.qa.kit.clock import Clock
    from host_tools.qa.kit.token import Token
    from host_tools.qa.kit.validator import RunningValidator
    from host_tools.qa.kit.workbench import RealToken, Workbench


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that put a real token in the place of an emulated one."""
    group = parser.getgroup("kodebrik", "tokens of kodebrik")
    group.addoption(
        "--kodebrik-port",
        metavar="PORT",
        help="test the real token on this port; you are asked to press it and type its codes",
    )
    group.addoption(
        "--kodebrik-account",
        metavar="FILE",
        help="file with the otpauth:// URI of the real token's account, as "
        "`kodebrik provision --otpauth-out` writes it",
    )
    group.addoption(
        "--kodebrik-speak",
        action="store_true",
        help="have the system's voice say when the real token is to be pressed",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a real token's account without its port."""
    port, account = config.getoption("--kodebrik-port"), config.getoption("--kodebrik-account")
    if account is not None:
        from host_tools.errors import KodebrikError  # noqa: PLC0415 - for tests that use it
        from host_tools.qa.kit.workbench import check_named  # noqa: PLC0415 - as above

        try:
            check_named(port, account)
        except KodebrikError as error:
            raise _usage_error(error) from None


def pytest_unconfigure() -> None:
    """Close what the emulated displays' large fonts are read from."""
    if "emulator.screen_text" in sys.modules:
        sys.modules["emulator.screen_text"].close_fonts()


@pytest.fixture
def kodebrik_workbench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator["Workbench"]:
    """What the test has on its table: it makes the other fixtures, and ends them."""
    from host_tools.qa.kit.workbench import Workbench  # noqa: PLC0415 - for tests that use it

    with Workbench(tmp_path, request.node.nodeid, _real(request.config)) as workbench:
        yield workbench


@pytest.fixture
def clock(kodebrik_workbench: "Workbench") -> "Clock":
    """The time that all tokens and servers of the test share: `now`, `advance(seconds)`,
    `next_period(period)`."""
    return kodebrik_workbench.clock


@pytest.fixture
def kodeviser(kodebrik_workbench: "Workbench") -> "Token":
    """A provisioned kodeviser with one TOTP account of 6 digits: the real one on --kodebrik-port,
    else an emulated one."""
    return _ready(kodebrik_workbench, "kodeviser")


@pytest.fixture
def kodeoplaeser(kodebrik_workbench: "Workbench") -> "Token":
    """A provisioned kodeoplæser with one TOTP account of 6 digits: the real one on --kodebrik-port,
    else an emulated one, which speaks Danish."""
    return _ready(kodebrik_workbench, "kodeoplaeser")


@pytest.fixture
def make_token(kodebrik_workbench: "Workbench") -> Callable[..., "Token"]:
    """Make further emulated tokens: make_token("kodeoplaeser", language="en", digits=8).

    The parameters of the account are those of Credential: `algorithm`, `digits`, `period`,
    `counter`, `suite`, `entry`.
    """
    return kodebrik_workbench.emulated


@pytest.fixture
def validator(kodebrik_workbench: "Workbench") -> "RunningValidator":
    """A running server with a database of its own on a free port, in the test's time."""
    return kodebrik_workbench.validator()


def _ready(workbench: "Workbench", product: str) -> "Token":
    from host_tools.errors import KodebrikError  # noqa: PLC0415 - for tests that use it

    try:
        return workbench.token(product)
    except KodebrikError as error:
        raise _usage_error(error) from None


def _usage_error(error: "KodebrikError") -> pytest.UsageError:
    return pytest.UsageError(f"{error.message} {error.hint}")


def _real(config: pytest.Config) -> "RealToken | None":
    port, account = config.getoption("--kodebrik-port"), config.getoption("--kodebrik-account")
    if port is None:
        return None
    from host_tools.qa.kit.person import Person, line_from  # noqa: PLC0415 - for tests that use it
    from host_tools.qa.kit.workbench import RealToken  # noqa: PLC0415

    capture: Any = config.pluginmanager.getplugin("capturemanager")

    def write(text: str) -> None:
        with capture.global_and_fixture_disabled():
            print(text, end="", flush=True)

    def read() -> str:
        capture.suspend_global_capture(in_=True)
        try:
            return line_from(sys.stdin)
        finally:
            capture.resume_global_capture()

    person = Person(write, read, config.getoption("--kodebrik-speak"))
    return RealToken(port, None if account is None else Path(account), person)
