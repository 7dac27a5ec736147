"""Writes the letters of a batch as PDF, in a process beside this one.

The libraries that draw keep some 15 KB of each letter for good, so the process is replaced after
_LETTERS letters, and the memory is that of so many, however large the batch is.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from host_tools import interrupts, process_pools
from host_tools.factory import handout
from host_tools.factory.handout import Handout

_LETTERS = 200  # that one process draws; to start another takes as long as some ten letters


@contextmanager
def writing() -> Iterator[Callable[[Handout, Path], None]]:
    """Give a function as handout.write_pdf(). When it raises, nobody writes to its file any more,
    and nothing lies beside it: what the libraries leave when they are killed is in a folder of its
    own, which goes."""
    with TemporaryDirectory(prefix="kodebrik-") as folder, ExitStack() as process:
        there = Path(folder, "letter.pdf")
        pool, drawn = process.enter_context(process_pools.of(1, "spawn")), 0

        def write(letter: Handout, path: Path) -> None:
            nonlocal pool, drawn
            if drawn == _LETTERS:
                process.close()
                pool, drawn = process.enter_context(process_pools.of(1, "spawn")), 0
            try:
                with interrupts.withheld_from_children():
                    written = pool.submit(handout.write_pdf, letter, there)
                written.result()
                path.write_bytes(there.read_bytes())
            except BaseException:
                process_pools.kill(pool)
                raise
            drawn += 1

        yield write
