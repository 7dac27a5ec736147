"""Moving to the app in Chromium, with the code that an emulated kodeviser shows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from host_tools.validator.http.settings import Settings
from host_tools.validator.records import NewToken, Product
from host_tools.validator.server.application import create_app
from host_tools.validator.service import Validator
from tests.host_tools.validator.operations.app.phone import activate, outcome, unlock
from tests.support import browser as chromium
from tests.support.emulated.token import TokenUnderTest, totp
from tests.support.validator.database import MASTER, create_tables


@pytest.fixture
def address(kodeviser: TokenUnderTest, tmp_path: Path) -> Iterator[str]:
    """Serve a validator on the emulator's time, in which the kodeviser is anna.holm's."""
    kodeviser.provision(totp())
    kodeviser.emulator.unplug()
    kodeviser.emulator.advance(62)
    url = f"sqlite:///{tmp_path / 'validator.db'}"
    create_tables(url)
    with Validator(url, MASTER, lambda: kodeviser.emulator.now) as validator:
        token = NewToken("KV1", totp(), product=Product.KODEVISER)
        validator.import_tokens([token], actor="test")
        validator.assign("KV1", "anna.holm", actor="test")
        validator.activate_by_administrator("KV1", actor="test")
        with chromium.served(create_app(validator, Settings())) as served:
            yield served


def test_the_code_of_a_kodeviser_activates_the_app_once(
    browser: Browser, address: str, kodeviser: TokenUnderTest
) -> None:
    phone = browser.new_context(base_url=address, locale="da-DK")
    phone.set_default_timeout(chromium.PATIENCE)
    page = phone.new_page()
    page.goto("/app")
    page.locator("[name=way][value=token]").check()
    code = kodeviser.code()
    activate(page, code)
    unlock(page)
    expect(page.locator("h1:visible")).to_have_text("Der venter ikke noget")
    page.locator("#lock").click()
    page.locator("#unlocking [data-go=users]").click()
    page.locator("#users [data-go=activation]").click()
    page.locator("[name=way][value=token]").check()
    activate(page, code)
    outcome(page, "ikke aktiveret")
    phone.close()
