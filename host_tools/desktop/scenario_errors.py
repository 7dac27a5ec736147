"""Why a scenario failed, as a message in any of the catalogue's languages."""

from typing import TYPE_CHECKING

from host_tools.messages.catalogue import Message
from host_tools.messages.system_errors import reason as system_reason

if TYPE_CHECKING:
    from emulator.scenario.runner import ScenarioError


def told(error: "ScenarioError") -> Message:
    """Give the line and why it failed, with what the screen shows and the picture of it where the
    error has them."""
    what = Message("scenario-line", line=error.line, step=error.text, reason=_reason(error))
    if error.shown:
        shown = "\n".join("    " + line for line in error.shown)
        what = Message("scenario-shown", what=what, shown=shown)
    elif error.shown is not None:
        what = Message("scenario-dark", what=what)
    if error.picture is not None:
        what = Message("scenario-picture", what=what, path=error.picture)
    return what


def _reason(error: "ScenarioError") -> Message:
    arguments = dict(error.reason.arguments)
    if isinstance(error.__cause__, OSError):
        arguments["why"] = system_reason(error.__cause__)
    return Message("scenario-reason." + error.reason.name, **arguments)
