"""kodebrik keys: the issuer key, and the access keys that are derived from it."""

from pathlib import Path
from typing import Annotated

import typer

from host_tools import private_files
from host_tools.cli.command_group import CommandGroup
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.keyring import IssuerKeyOptions, default_issuer_key_file, passphrase
from host_tools.cli.output import Json, emit, step
from host_tools.messages.catalogue import Message
from host_tools.provisioning import access_key, issuer_key_file, serial_number

app = CommandGroup(help="Create the issuer key; derive access keys.")


@app.command()
@option_groups
def create(
    *,
    issuer: IssuerKeyOptions,
    as_json: Json = False,
) -> None:
    """Create an issuer key in a new file under a passphrase."""
    path = issuer.key_file or default_issuer_key_file()
    if issuer.key_file is None:  # its folder is kodebrik's own
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    private_files.check_new(path)
    question = Message("prompt.new-passphrase", least=issuer_key_file.MIN_PASSPHRASE)
    phrase = passphrase(issuer.passphrase_file, question, new=True)
    key = issuer_key_file.generate()
    with step(Message("keys.sealing")):
        private_files.write_new(path, issuer_key_file.seal(key, phrase))
    fingerprint = issuer_key_file.fingerprint(key)
    emit(
        as_json,
        {"file": str(path), "fingerprint": fingerprint},
        [
            Message("keys.created", path=path),
            Message("keys.fingerprint", fingerprint=fingerprint),
            Message("keys.back-up"),
        ],
    )


@app.command()
@option_groups
def show(
    *,
    issuer: IssuerKeyOptions,
    as_json: Json = False,
) -> None:
    """Show the issuer key's fingerprint; the key itself is never shown."""
    fingerprint = issuer_key_file.fingerprint(issuer.issuer_key())
    emit(
        as_json,
        {"fingerprint": fingerprint},
        [Message("keys.fingerprint", fingerprint=fingerprint)],
    )


@app.command()
@option_groups
def derive(
    *,
    serial: Annotated[
        str, typer.Option(metavar="SERIAL", help="The token's serial number, 12 digits.")
    ],
    output: Annotated[
        str,
        typer.Option(
            metavar="FILE", help="New file for the key as hexadecimal text; '-' is standard output."
        ),
    ],
    issuer: IssuerKeyOptions,
    as_json: Json = False,
) -> None:
    """Write one token's access key to a file for --access-key-file; it opens this token alone."""
    serial = serial_number.check(serial)
    if output != "-":
        private_files.check_new(Path(output))
    key = access_key.derive(issuer.issuer_key(), serial)
    text = key.reveal().hex()
    if output == "-":
        emit(as_json, {"serial": serial, "access_key": text}, [text])
        return
    private_files.write_new(Path(output), text.encode() + b"\n")
    emit(
        as_json,
        {"serial": serial, "file": output},
        [Message("keys.derived", serial=serial, path=output)],
    )
