"""Base and types of the sections of the server's settings file."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

from host_tools import private_files
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.secret import Secret

FOLDER = "folder"  # in the validation context: the Path that file names are relative to


class Section(BaseModel):
    """A table of the settings file; unknown keys and values of another type are refused."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        arbitrary_types_allowed=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )


def read_secret(name: object, info: ValidationInfo) -> Secret:
    """Read the private file that a key names; ValueError when it is not a name, KodebrikError when
    the file cannot be read or others may read it."""
    if not isinstance(name, str) or not name:
        raise ValueError(Message("settings-file-name"))
    context: dict[str, Any] = info.context or {}
    folder: Path = context.get(FOLDER, Path())
    warnings: list[str] = []
    text = private_files.read_text(str(folder / name), warnings.append)
    if warnings:
        raise KodebrikError("settings-secret-exposed", ExitCode.PERMISSION, what=warnings[0])
    return Secret(text.encode())


def _secret(value: object, info: ValidationInfo) -> Secret:
    return value if isinstance(value, Secret) else read_secret(value, info)


SecretFile = Annotated[Secret, BeforeValidator(_secret)]
Port = Annotated[int, Field(ge=0, le=65535)]
