"""kodebrik flash: from a bare board to a token, and from a token to a newer one."""

from host_tools.cli.command_group import CommandGroup
from host_tools.cli.commands.flash import image, keys, package, update, write

app = CommandGroup(help="Make a token of a bare board, and update it.")
app.command()(image.image)
app.command()(write.write)
app.command()(package.package)
app.command()(update.update)
app.add_typer(keys.app, name="keys")
