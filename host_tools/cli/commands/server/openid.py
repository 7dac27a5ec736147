"""kodebrik server rotate-openid-key and openid-secret: the keys of the OpenID provider, and the
secrets of the applications that ask it."""

import secrets
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from host_tools import private_files
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.validator import ACTOR, ValidatorOptions
from host_tools.cli.output import Json, emit
from host_tools.messages.catalogue import Message

_SECRET_BYTES = 32


@option_groups
def rotate_openid_key(*, validator: ValidatorOptions, as_json: Json = False) -> None:
    """Sign ID tokens with new keys from now on; the server may run meanwhile. Older keys stay
    published until what they have signed has expired."""
    with validator.open(create=False) as opened:
        count = opened.openid.rotate_key(actor=ACTOR)
    emit(as_json, {"published": count}, [Message("server.openid-key-rotated", count=count)])


def openid_secret(
    *,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the secret to a new file, mode 0600.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Draw a secret for an application that signs people in by OpenID Connect. It is shown or
    written this once; the settings file holds its hash."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    hashed = sha256(secret.encode()).hexdigest()
    told = [Message("server.openid-secret-hash"), f'secret_sha256 = "{hashed}"']
    if out is not None:
        private_files.write_new(out, secret.encode() + b"\n")
        written = Message("server.openid-secret-written", path=out)
        emit(as_json, {"file": str(out), "secret_sha256": hashed}, [written, *told])
        return
    shown = [Message("server.openid-secret"), secret, *told]
    emit(as_json, {"secret": secret, "secret_sha256": hashed}, shown)
