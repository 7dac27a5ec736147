"""kodebrik selftest: let a token test its parts."""

from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.token import (
    TokenOptions,
)
from host_tools.cli.output import Json, emit
from host_tools.messages.catalogue import Message, named


@option_groups
def selftest(
    *,
    token: TokenOptions,
    as_json: Json = False,
) -> None:
    """Let the token test its parts."""
    with token.session() as session:
        parts = session.passed_selftest()
    emit(
        as_json,
        {"serial": session.hello.serial, "parts": parts},
        [Message("selftest-works", part=named("token-part.", part)) for part in parts],
    )
