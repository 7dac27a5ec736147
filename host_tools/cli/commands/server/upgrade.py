"""kodebrik upgrade: bring the validator's database up to this version's schema."""

from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.validator import ValidatorOptions
from host_tools.cli.output import Json, emit, step
from host_tools.messages.catalogue import Message


@option_groups
def upgrade(
    *,
    validator: ValidatorOptions,
    as_json: Json = False,
) -> None:
    """Bring the database's tables up to date, as every start of the server does. An older kodebrik
    refuses it afterwards: make a backup first."""
    with step(Message("upgrade.upgrading")), validator.open(create=False) as opened:
        migration = opened.migration
    if migration.before == migration.after:
        line = Message("upgrade.nothing", revision=migration.after)
    else:
        line = Message("upgrade.done", before=str(migration.before), after=migration.after)
    emit(as_json, {"before": migration.before, "after": migration.after}, [line])
