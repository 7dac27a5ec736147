"""kodebrik selftest: let a token test its parts."""

from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.token import (
    TokenOptions,
)
from host_tools.cli.output import Json, emit
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message, listed, named


@option_groups
def selftest(
    *,
    token: TokenOptions,
    as_json: Json = False,
) -> None:
    """Let the token test its parts."""
    with token.session() as session:
        parts = session.selftest()
    failed = [part for part, sound in parts.items() if not sound]
    if failed:
        raise KodebrikError(
            "selftest-failed",
            ExitCode.CHECK_FAILED,
            parts=listed("list-comma", [named("token-part.", part) for part in failed]),
        )
    emit(
        as_json,
        {"serial": session.hello.serial, "parts": parts},
        [Message("selftest-works", part=named("token-part.", part)) for part in parts],
    )
