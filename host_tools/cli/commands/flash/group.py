"""kodebrik flash: from a bare board to a token."""

from host_tools.cli.command_group import CommandGroup
from host_tools.cli.commands.flash import image, write

app = CommandGroup(help="Make a token of a bare board.")
app.command()(image.image)
app.command()(write.write)
