"""The report's page in a browser: accessible by axe-core, light and dark, no sideways scrolling."""

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from host_tools.cli import main
from host_tools.errors import ExitCode
from tests.support.browser import launched


def test_the_report_has_no_barrier_that_axe_finds(tmp_path: Path):
    folder = tmp_path / "report"
    assert (
        main(["qa", "run", "--tokens", "2", "--codes", "1", "--seed", "6", "--html", str(folder)])
        == ExitCode.OK
    )
    with sync_playwright() as playwright, launched(playwright) as browser:
        page = browser.new_page()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.goto((folder / "index.html").as_uri())
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
        page.set_viewport_size({"width": 320, "height": 640})  # WCAG 2.2, 1.4.10
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.check("#failures")
        assert page.locator("section:visible").count() == 0, "nothing failed"
        page.uncheck("#failures")
        assert page.locator("section:visible").count() > 0
