"""Options that say what a token says for an account's name."""

from dataclasses import dataclass
from typing import Annotated

import typer

from host_tools.link.spoken_names import Wish


@dataclass(frozen=True)
class SpokenNameOptions:
    """Without options the account's name is synthesised."""

    spoken_name: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT|FILE.wav",
            help="What a kodeoplæser says for the account's name, 2 seconds at most. Default: the "
            "name, synthesised.",
        ),
    ] = None
    no_spoken_name: Annotated[
        bool,
        typer.Option("--no-spoken-name", help="Have the kodeoplæser spell the account's name."),
    ] = False

    def wish(self) -> Wish:
        """Give the wish; KodebrikError for two that contradict each other."""
        return Wish(self.spoken_name, self.no_spoken_name)
