"""The settings file: what is wrong is named with its file, section, key, and what is wanted."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from host_tools.errors import KodebrikError
from host_tools.validator.server import settings_file


def load(folder: Path, content: str) -> settings_file.Settings:
    path = folder / "settings.toml"
    path.write_text(content)
    return settings_file.load(path)


def private(folder: Path, name: str, content: str) -> None:
    path = folder / name
    path.touch(0o600)
    path.write_text(content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("nonsense = 1", "knows no nonsense; it knows keyless_checks_from, sign_in_demo"),
        ("sign_in_demo = 1", "sign_in_demo is 1; wanted is a valid boolean"),
        ("body_limit = 0", "body_limit is 0; wanted is greater than 0"),
        ("body_limit = '64'", "body_limit is '64'; wanted is a valid integer"),
        ("keyless_checks_from = ['here']", "'here' does not appear to be an IPv4 or IPv6 network"),
        ("time_zone = 'Danmark'", "wanted is a time zone like Europe/Copenhagen"),
        ("radius = 3", "radius is a table: write [radius]"),
        ("[radius]", "[radius] lacks clients_file"),
        ("[radius]\nport = 'x'", "[radius] port is 'x'; wanted is a valid integer"),
        ("[radius]\nport = 70000", "[radius] port is 70000; wanted is less than or equal to 65535"),
        ("[webhook]\nurl = 'x'\nsecret_file = 's'", "[webhook] url is 'x'; wanted is a URL like"),
        ("[mail]\nhost = 'm'\nsender = 'me'", "[mail] sender is 'me'; wanted is a mail address"),
        ("[mail]\nhosts = 'm'", "[mail]"),
        ("[openid]\nissuer = 'https://c.example'", "[openid] lacks clients"),
        ("[openid.clients.shop]\nname = 'Shop'", "[openid] lacks issuer"),
        (
            "[openid]\nissuer = 'https://c.example'\n[openid.clients.shop]\nnames = 'Shop'",
            "[openid.clients.shop] lacks name",
        ),
        (
            "[openid]\nissuer = 'https://c.example'\n[openid.clients.shop]\nname = 'Shop'\n"
            "redirect_uris = ['http://shop.example/']",
            "wanted is an address like https://shop.example.org/back",
        ),
        ("[app]\nreport_minutes = 60", "[app] has no report_minutes any more: delete that line"),
        ("[app]\nreport_hours = 1", "[app] knows no report_hours; it knows life_seconds"),
        ("= =", "it is not TOML at line 1, column 1"),
        ("time_zone = 'x'\nx", "it is not TOML: something is missing at its end"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, content: str, said: str):
    private(tmp_path, "s", "x" * 40)
    with pytest.raises(KodebrikError) as refused:
        load(tmp_path, content)
    assert str(tmp_path / "settings.toml") in refused.value.message
    assert said in refused.value.message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"= =", "den er ikke TOML p\u00e5 linje 1, kolonne 1"),
        (b"time_zone = \xff", "i UTF-8: byte 12"),
        (b"[radius", "ikke TOML"),
    ],
)
def test_a_file_that_is_no_toml_is_told_in_danish_alone(tmp_path: Path, content, said):
    path = tmp_path / "settings.toml"
    path.write_bytes(content)
    with pytest.raises(KodebrikError) as refused:
        settings_file.load(path)
    told = refused.value.text("da")
    assert said in told
    assert not any(word in told for word in ("Expected", "codec", "decode", "Invalid"))


def test_no_error_holds_a_secret(tmp_path: Path):
    private(tmp_path, "webhook.secret", "too short")
    with pytest.raises(KodebrikError) as refused:
        load(tmp_path, "[webhook]\nurl = 'https://host/'\nsecret_file = 'webhook.secret'")
    assert "[webhook] secret_file" in refused.value.message
    assert "too short" not in refused.value.message + refused.value.hint


def test_every_key_is_read_and_files_are_relative_to_the_settings(tmp_path: Path):
    private(tmp_path, "webhook.secret", "w" * 24)
    private(tmp_path, "mail.password", "p")
    private(tmp_path, "radius.clients", "192.0.2.0/24 a-secret-of-at-least-16\n")
    settings = load(
        tmp_path,
        """
        keyless_checks_from = ["127.0.0.1/32"]
        time_zone = "America/Nuuk"
        session_idle_minutes = 15
        session_hours = 8
        public_url = "https://codes.example.dk/"
        [webhook]
        url = "https://example.dk/notices"
        secret_file = "webhook.secret"
        [mail]
        host = "mail.example.dk"
        sender = "tokens@example.dk"
        password_file = "mail.password"
        [radius]
        clients_file = "radius.clients"
        """,
    )
    assert settings.time_zone == ZoneInfo("America/Nuuk")
    assert settings.public_url == "https://codes.example.dk"
    assert (settings.session_limits.idle, settings.session_limits.total) == (900, 28800)
    assert settings.webhook is not None
    assert settings.webhook.secret.reveal() == b"w" * 24
    assert settings.mail is not None
    assert settings.mail.port == 587
    assert settings.radius is not None
    assert len(settings.radius.clients) == 1


@pytest.mark.parametrize(
    "address",
    [
        "codes.example",
        "ftp://codes.example",
        "https://",
        "https://a.example/?x",
        "https://[",
        "https://u@a.example",
    ],
)
def test_a_public_address_is_that_of_a_site(tmp_path: Path, address: str):
    with pytest.raises(KodebrikError, match="public_url"):
        load(tmp_path, f'public_url = "{address}"')
