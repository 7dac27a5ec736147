"""kodebrik server rotate-openid-key and openid-secret."""

import json
import tomllib
from hashlib import sha256
from pathlib import Path

import pytest

from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.validator.keys import master_key
from host_tools.validator.service import Validator


def test_a_new_key_is_made_in_a_database_that_exists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    url = f"sqlite:///{tmp_path / 'validator.db'}"
    monkeypatch.setenv("KODEBRIK_DATABASE", url)
    monkeypatch.setenv("KODEBRIK_MASTER_KEY", "5e" * 32)
    assert main(["server", "rotate-openid-key", "--json"]) == ExitCode.FILE
    capsys.readouterr()
    key = master_key.from_environment()
    assert key is not None
    with Validator(url, key):
        pass
    for published in (4, 6):
        assert main(["server", "rotate-openid-key", "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {"published": published}
    with Validator(url, key) as validator:
        assert len(validator.openid.published_keys()) == 6
        assert validator.verify_audit().broken == ()


def test_a_secret_is_shown_once_with_the_line_for_the_settings(
    capsys: pytest.CaptureFixture[str],
):
    assert main(["server", "openid-secret"]) == 0
    _, secret, _, line = capsys.readouterr().out.splitlines()
    assert len(secret) == 43
    assert tomllib.loads(line) == {"secret_sha256": sha256(secret.encode()).hexdigest()}


def test_a_secret_in_a_file_is_shown_nowhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "shop.secret"
    assert main(["server", "openid-secret", "--out", str(out), "--json"]) == 0
    said = capsys.readouterr()
    secret = out.read_text().strip()
    assert out.stat().st_mode & 0o777 == 0o600
    assert secret not in said.out + said.err
    assert json.loads(said.out)["secret_sha256"] == sha256(secret.encode()).hexdigest()
    assert main(["server", "openid-secret", "--out", str(out)]) == ExitCode.FILE
    assert out.read_text().strip() == secret
