"""kodebrik flash keys: the keys that sign updates."""

from pathlib import Path
from typing import Annotated

import typer

from host_tools import private_files, whole_files
from host_tools.cli.command_group import CommandGroup
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.keyring import passphrase
from host_tools.cli.options.update_key import UpdateKeyOptions
from host_tools.cli.output import Json, emit, step
from host_tools.messages.catalogue import Message
from host_tools.provisioning import issuer_key_file, update_key_file
from host_tools.provisioning.update_key_file import UpdateKey

app = CommandGroup(help="Create the update key, and its successor.")


@app.command()
@option_groups
def create(
    *,
    update_key: UpdateKeyOptions,
    as_json: Json = False,
) -> None:
    """Create an update key in a new file under a passphrase, and its public key beside it.

    Whoever has the private key can make updates for every token whose image has the public one.
    """
    path = update_key.path
    if update_key.update_key_file is None:  # its folder is kodebrik's own
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = _create(path, update_key.update_passphrase_file)
    public = update_key_file.public_file(path)
    fingerprint = update_key_file.fingerprint(key.public)
    emit(
        as_json,
        {"file": str(path), "public": str(public), "fingerprint": fingerprint},
        [
            Message("flash-keys.created", path=path, public=public),
            Message("keys.fingerprint", fingerprint=fingerprint),
            Message("flash-keys.back-up"),
        ],
    )


@app.command()
@option_groups
def rotate(
    *,
    new_key_file: Annotated[
        Path, typer.Option(metavar="FILE", help="The file of the new key, which is created.")
    ],
    statement: Annotated[
        Path,
        typer.Option(metavar="FILE", help="The new file that tokens learn the new key from."),
    ],
    new_passphrase_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="File with the new key file's passphrase. Default: KODEBRIK_PASSPHRASE, or asked.",
        ),
    ] = None,
    update_key: UpdateKeyOptions,
    as_json: Json = False,
) -> None:
    """Create the update key that follows, and a statement of it that the old key has signed.

    A token takes the statement with its next update ('kodebrik flash update --key-statement') and
    trusts the new key alone from then on.
    """
    private_files.check_new(statement)
    private_files.check_new(new_key_file)
    old = update_key.key()
    new = _create(new_key_file, new_passphrase_file)
    whole_files.write(statement, update_key_file.write_statement(old, new.public))
    public = update_key_file.public_file(new_key_file)
    fingerprint = update_key_file.fingerprint(new.public)
    emit(
        as_json,
        {
            "file": str(new_key_file),
            "public": str(public),
            "statement": str(statement),
            "fingerprint": fingerprint,
        },
        [
            Message("flash-keys.created", path=new_key_file, public=public),
            Message("keys.fingerprint", fingerprint=fingerprint),
            Message("flash-keys.statement", path=statement),
            Message("flash-keys.back-up"),
        ],
    )


def _create(path: Path, passphrase_file: Path | None) -> UpdateKey:
    """Make a key in the new file `path`, and its public key beside it."""
    private_files.check_new(path)
    public = update_key_file.public_file(path)
    private_files.check_new(public)
    question = Message("prompt.new-update-passphrase", least=issuer_key_file.MIN_PASSPHRASE)
    phrase = passphrase(passphrase_file, question, new=True)
    key = update_key_file.generate()
    with step(Message("flash-keys.sealing")):
        private_files.write_new(path, key.seal(phrase))
    whole_files.write(public, update_key_file.write_public(key.public))
    return key
