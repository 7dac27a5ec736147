"""Options that several commands of QA share."""

from typing import Annotated

import typer

Seed = Annotated[
    int | None, typer.Option(help="Repeats a run. Default: drawn, and told in the report.")
]
