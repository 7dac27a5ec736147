"""kodebrik batch: many tokens, from the bare board to the envelope."""

from host_tools.cli.command_group import CommandGroup
from host_tools.cli.commands.batch import (
    close,
    create,
    export,
    letter,
    passport,
    records,
    release,
    run,
)

app = CommandGroup(help="Make many tokens: provision, test and label whatever is plugged in.")
app.command()(create.create)
app.command()(run.run)
app.command()(release.release)
app.command()(close.close)
app.command()(export.export)
app.command()(records.records)
app.command()(passport.passport)
app.command()(letter.letter)
app.command()(letter.letters)
app.command()(letter.labels)
app.command("list")(create.list_batches)
