"""The server's settings file (TOML): what its interfaces do. Secrets stand in files of their own
that it names."""

import ipaddress
import tomllib
from pathlib import Path
from typing import Any

from host_tools import private_files
from host_tools.errors import ExitCode, KodebrikError
from host_tools.secret import Secret
from host_tools.validator.http.settings import Radius, Settings
from host_tools.validator.notices.smtp import MailServer
from host_tools.validator.notices.webhook import Webhook
from host_tools.validator.radius.server import parse_clients

_NUMBERS = ("body_limit", "import_limit", "requests_per_second", "guesses_per_minute")
_TABLES: dict[str, dict[str, type]] = {
    "": {"keyless_checks_from": list, "sign_in_demo": bool} | dict.fromkeys(_NUMBERS, int),
    "webhook": {"url": str, "secret_file": str},
    "mail": {"host": str, "port": int, "sender": str, "user": str, "password_file": str},
    "radius": {"host": str, "port": int, "clients_file": str},
}


def load(path: Path | None) -> Settings:
    """Read the settings; KodebrikError names what is unknown, missing or wrong. None gives the
    defaults."""
    if path is None:
        return Settings()
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise KodebrikError(
            f"Cannot read the settings in {path}: {error.strerror}.",
            "Check its name and permissions.",
            ExitCode.FILE,
        ) from None
    except ValueError as error:  # TOMLDecodeError and UnicodeDecodeError are both
        raise _bad(path, f"it is not TOML ({error})") from None
    tables = {"": {name: value for name, value in given.items() if name not in _TABLES}}
    tables |= {name: given[name] for name in _TABLES if name in given}
    for name, table in tables.items():
        _check(path, name, table)
    plain = tables[""]
    networks = [_network(path, text) for text in plain.pop("keyless_checks_from", [])]
    return Settings(
        keyless_checks_from=tuple(networks),
        webhook=_webhook(path, tables["webhook"]) if "webhook" in tables else None,
        mail=_mail(path, tables["mail"]) if "mail" in tables else None,
        radius=_radius(path, tables["radius"]) if "radius" in tables else None,
        **plain,
    )


def _check(path: Path, name: str, table: Any) -> None:
    where = f"[{name}] " if name else ""
    if not isinstance(table, dict):
        raise _bad(path, f"{name} is a table: write [{name}]")
    for key, value in table.items():
        kind = _TABLES[name].get(key)
        if kind is None:
            raise _bad(path, f"{where}knows no {key}; it knows {', '.join(_TABLES[name])}")
        if type(value) is not kind:
            raise _bad(path, f"{where}{key} is no {kind.__name__}")
        if type(value) is int and value <= 0:
            raise _bad(path, f"{where}{key} is not above 0")


def _webhook(path: Path, table: dict[str, Any]) -> Webhook:
    return Webhook(
        _needed(path, "webhook", table, "url"),
        _secret(path, _needed(path, "webhook", table, "secret_file")),
    )


def _mail(path: Path, table: dict[str, Any]) -> MailServer:
    password = _secret(path, table["password_file"]) if "password_file" in table else None
    host, sender = (_needed(path, "mail", table, name) for name in ("host", "sender"))
    return MailServer(host, table.get("port", 587), sender, table.get("user"), password)


def _radius(path: Path, table: dict[str, Any]) -> Radius:
    text = _secret(path, _needed(path, "radius", table, "clients_file")).reveal().decode()
    return Radius(
        table.get("host", "127.0.0.1"), table.get("port", 1812), tuple(parse_clients(text))
    )


def _needed(path: Path, name: str, table: dict[str, Any], key: str) -> str:
    if key not in table:
        raise _bad(path, f"[{name}] lacks {key}")
    return str(table[key])


def _secret(path: Path, name: str) -> Secret:
    warnings: list[str] = []
    text = private_files.read_text(
        str(path.parent / name), warnings.append
    )  # relative to the settings
    if warnings:
        raise KodebrikError(warnings[0], "Then start the server again.", ExitCode.PERMISSION)
    return Secret(text.encode())


def _network(path: Path, text: object) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(str(text))
    except ValueError as error:
        raise _bad(path, f"keyless_checks_from: {error}") from None


def _bad(path: Path, what: str) -> KodebrikError:
    return KodebrikError(
        f"The settings in {path} are not valid: {what}.",
        "See docs/validator.md.",
        ExitCode.BAD_INPUT,
    )
