"""Chromium for the tests, by Playwright, and axe-core, which checks pages for accessibility."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import Browser, Frame, Page, Playwright, sync_playwright
from starlette.applications import Starlette

from host_tools.qa.apps.chromium import installed
from host_tools.web_server import LOOPBACK, listen, serving
from tests.support import certificate
from tests.support.limits import REAL_LIMIT

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
COLOURS = ("cat.color",)  # the rules about colours, which are what a colour scheme changes
_MADE = Path(__file__).parents[2] / ".venv" / "browser"  # by `make test`, from npm
_CHROMIUM = _MADE / "chromium"
PATIENCE = 1000 * REAL_LIMIT  # ms


def executable(playwright: Playwright) -> str | None:
    """Name a Chromium: $KODEBRIK_CHROMIUM, one that is installed, or the one that `make test` gets
    from npm; None when there is none."""
    named = os.environ.get("KODEBRIK_CHROMIUM")
    if named and Path(named).is_file():
        return named
    return installed(playwright) or (str(_CHROMIUM) if _CHROMIUM.is_file() else None)


def program(playwright: Playwright) -> tuple[str, dict[str, str]]:
    """Give the path of the Chromium, and what its environment has more. Skips without one."""
    path = executable(playwright)
    if path is None:
        pytest.skip("no Chromium: install one or npm, or name one in $KODEBRIK_CHROMIUM")
    made = path == str(_CHROMIUM)
    return path, {"LD_LIBRARY_PATH": str(_MADE / "al2023" / "lib")} if made else {}


@contextmanager
def launched(playwright: Playwright, *arguments: str) -> Iterator[Browser]:
    """Start the browser, without a window, with command-line arguments more."""
    path, environment = program(playwright)
    browser = playwright.chromium.launch(
        executable_path=path,
        args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", *arguments],
        env={**os.environ, **environment},
    )
    yield browser
    browser.close()


@contextmanager
def served(app: Starlette, certificate: Path | None = None) -> Iterator[str]:
    """Serve `app` on a free port of loopback, over TLS with a `certificate` (PEM, with its key);
    give its address."""
    with serving(app, listen(LOOPBACK, 0), ssl_certfile=certificate) as url:
        yield url


def violations(page: Page | Frame, rules: Sequence[str] = RULES) -> list[str]:
    """Check a page, or a frame of it, with axe-core by the rules with these tags, by default WCAG
    2.2 AA and best practices; give each violation with its elements."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    # What passes is neither described nor sent here: that costs more than the check itself.
    options = {"runOnly": {"type": "tag", "values": list(rules)}, "resultTypes": ["violations"]}
    found = page.evaluate(
        "options => axe.run(options).then(results => results.violations)", options
    )
    return [
        f"{one['id']}: {one['help']}: {[node['html'][:120] for node in one['nodes']]}"
        for one in found
    ]


def self_signed(path: Path) -> Path:
    """Write a certificate of 127.0.0.1 and its key, valid for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    signed = certificate.self_signed(key, "127.0.0.1", here)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


if __name__ == "__main__":  # for the Makefile: is there one?
    with sync_playwright() as started:
        sys.exit(executable(started) is None)
