"""The sdist and the wheel are complete, and the wheel runs outside the checkout."""

import os
import re
import signal
import subprocess
import sys
import sysconfig
import tarfile
import urllib.request
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from firmware.version import VERSION

ROOT = Path(__file__).parents[2]
WINGS = ("firmware", "emulator", "host_tools")


@dataclass(frozen=True)
class Built:
    """The two files of a release."""

    sdist: Path
    wheel: Path


@dataclass(frozen=True)
class Installed:
    """The wheel, installed in its own virtual environment."""

    site_packages: Path
    programs: Path

    def command(self, program: str, *arguments: str) -> list[str]:
        """Return the command line of a program of that environment."""
        return [str(self.programs / program), *arguments]

    def environment(self, home: Path) -> dict[str, str]:
        """Return the environment variables for its programs, without any path to the checkout."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("KODEBRIK", "PYTHON"))}
        return kept | {"HOME": str(home)}

    def run(self, folder: Path, program: str, *arguments: str) -> str:
        """Run a program of that environment in `folder`; return its output. It must succeed."""
        done = subprocess.run(
            self.command(program, *arguments),
            cwd=folder,
            env=self.environment(folder),
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build the sdist from the checkout, and the wheel from the sdist; or take those that
    `make release` has built."""
    if "KODEBRIK_DIST" in os.environ:
        folder = Path(os.environ["KODEBRIK_DIST"])
    else:
        folder = tmp_path_factory.mktemp("dist")
        build = [sys.executable, "-m", "build", "--no-isolation"]
        command = [*build, "--outdir", str(folder), str(ROOT)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return Built(sdist, wheel)


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Install the wheel without its dependencies, which are those of the tests' environment."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    paths = sysconfig.get_paths("venv", {"base": str(folder), "platbase": str(folder)})
    pip = [sys.executable, "-m", "pip", "--python", paths["scripts"] + "/python"]
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-index"]
    subprocess.run([*pip, "install", *options, str(built.wheel)], check=True)
    site_packages = Path(paths["purelib"])
    # A path in a .pth file is searched, but the .pth files in it, such as that of the editable
    # install of this checkout, are not read.
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return Installed(site_packages, Path(paths["scripts"]))


def test_the_wheel_has_every_file_of_the_wings(built: Built) -> None:
    expected = {
        f"kodebrik/_tree/{path.relative_to(ROOT).as_posix()}"
        for wing in WINGS
        for path in (ROOT / wing).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and "devtools" not in path.parts
    }
    with zipfile.ZipFile(built.wheel) as wheel:
        names = set(wheel.namelist())
    assert {name for name in names if name.startswith("kodebrik/_tree/")} == expected
    assert {name.partition("/")[0] for name in names} == {
        "kodebrik",
        f"kodebrik-{VERSION}.dist-info",
    }


def test_the_sdist_has_what_the_make_targets_need(built: Built) -> None:
    with tarfile.open(built.sdist) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"Makefile", "constraints.txt", "pyproject.toml", "README.md", "LICENSE"} <= names
    assert {"tests/conftest.py", "docs/commands.md", "firmware/main.py"} <= names


def test_no_generic_package_name_is_installed(installed: Installed) -> None:
    assert {path.name for path in installed.site_packages.iterdir()} == {
        "dependencies.pth",
        "kodebrik",
        f"kodebrik-{VERSION}.dist-info",
    }
    code = f"import importlib.util as u; print([u.find_spec(name) for name in {WINGS}])"
    assert installed.run(installed.site_packages, "python", "-c", code) == "[None, None, None]\n"


def test_the_installed_command_shows_the_right_code(installed: Installed, tmp_path: Path) -> None:
    assert installed.run(tmp_path, "kodebrik", "--version") == f"kodebrik {VERSION}\n"
    assert installed.run(tmp_path, "python", "-m", "kodebrik", "--version").endswith(VERSION + "\n")
    shown = installed.run(tmp_path, "kodebrik", "demo", "kodeviser", "--state", "state")
    assert "the code is right" in shown


def test_the_installed_plug_in_gives_tests_their_tokens(
    installed: Installed, tmp_path: Path
) -> None:
    test = "def test_a(kodeviser):\n    assert len(kodeviser.code()) == 6\n"
    (tmp_path / "test_own.py").write_text(test)
    assert "1 passed" in installed.run(tmp_path, "python", "-m", "pytest", "test_own.py")


def test_the_installed_server_serves_its_pages_from_two_processes(
    installed: Installed, tmp_path: Path
) -> None:
    where = ("--database", "sqlite:///validator.sqlite", "--master-key", "master.key")
    installed.run(tmp_path, "kodebrik", "server", "create-key", "--key-file", "master.key")
    command = installed.command("kodebrik", "server", *where, "--port", "0", "--workers", "2")
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=installed.environment(tmp_path),
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            (address,) = re.findall(r"http://[\d.:]+", server.stdout.readline())
            for path, expected in (("/", b"<html"), ("/static/site.css", b"body")):
                with urllib.request.urlopen(address + path) as answer:
                    assert expected in answer.read()
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=30)


def test_the_installed_voice_speaks_in_a_process_of_its_own(
    installed: Installed, tmp_path: Path
) -> None:
    code = (
        "import kodebrik; from host_tools.voice.synthesis import espeak;"
        "print(len(espeak.say('et', 'da', 150)))"
    )
    assert int(installed.run(tmp_path, "python", "-c", code)) > 1000
