"""The server's settings file (TOML). Secrets stand in private files of their own that it names,
relative to itself."""

import re
import tomllib
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.messages.system_errors import reason
from host_tools.messages.validation_errors import wanted
from host_tools.validator.http.settings import Settings
from host_tools.validator.settings_section import FOLDER

_LONGEST_FOUND = 60  # characters of a value that an error repeats


def load(path: Path | None) -> Settings:
    """Read the settings; None gives the defaults. KodebrikError names the file, the section, the
    key, what was found and what is wanted."""
    if path is None:
        return Settings()
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise KodebrikError(
            "settings-file-unreadable", ExitCode.FILE, path=path, reason=reason(error)
        ) from None
    except ValueError as error:  # TOMLDecodeError and UnicodeDecodeError are both
        raise _invalid(path, _not_toml(error)) from None
    try:
        return Settings.model_validate(given, context={FOLDER: path.parent})
    except ValidationError as error:
        raise _invalid(path, _fault(error.errors()[0])) from None


def _not_toml(error: ValueError) -> Message:
    """Say where a file stops being TOML, or text; the parser's own words are English alone."""
    if isinstance(error, UnicodeDecodeError):
        return Message("settings-not-utf8", place=error.start)
    place = re.search(r"\(at line (\d+), column (\d+)\)$", str(error))
    if place is None:
        return Message("settings-not-toml-end")
    return Message("settings-not-toml", line=int(place[1]), column=int(place[2]))


def _fault(error: ErrorDetails) -> str:
    path = error["loc"][:-1] if isinstance(error["loc"][-1], int) else error["loc"]  # of a list
    *sections, key = (str(part) for part in path)
    section = _section(sections)
    where = f"[{'.'.join(sections)}] " if sections else ""
    if error["type"] == "extra_forbidden":
        if (sections, key) == (["app"], "report_minutes"):
            return Message("settings-report-minutes-gone", where=where)
        return Message(
            "settings-key-unknown", where=where, key=key, known=", ".join(_keys(section))
        )
    if error["type"] == "missing":
        return Message("settings-key-missing", where=where, key=key)
    if error["type"] in ("model_type", "dataclass_type"):
        return Message("settings-key-table", key=key)
    found = repr(error["input"])
    if len(found) > _LONGEST_FOUND:
        found = found[:_LONGEST_FOUND] + "…"
    return Message("settings-key-wrong", where=where, key=key, found=found, wanted=wanted(error))


def _section(names: list[str]) -> type[BaseModel]:
    """Give the model of the section that a path of names leads to."""
    section: type[BaseModel] = Settings
    for name in names:
        if name not in section.model_fields:
            continue  # a number, or the file's own name for one of several, as for an application
        annotation: Any = section.model_fields[name].annotation
        kinds = [annotation, *get_args(annotation)]
        section = next(
            kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)
        )
    return section


def _keys(section: type[BaseModel]) -> list[str]:
    """List the keys of a section, as the file spells them."""
    return [str(one.validation_alias or name) for name, one in section.model_fields.items()]


def _invalid(path: Path, what: str) -> KodebrikError:
    return KodebrikError("settings-invalid", ExitCode.BAD_INPUT, path=path, what=what)
