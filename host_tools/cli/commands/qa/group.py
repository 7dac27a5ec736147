"""kodebrik qa: tokens and servers together."""

from host_tools.cli.command_group import CommandGroup
from host_tools.cli.commands.qa import run, soak, vectors

app = CommandGroup(help="Try tokens and servers together: cases, published vectors, years of use.")
app.command()(run.run)
app.command()(vectors.vectors)
app.command()(soak.soak)
