"""One piece of a factory's work on so many tokens, in a process of its own whose memory is
measured: `python -m tests.bench.factory_work WORK COUNT FOLDER` prints seconds and peak memory."""

import json
import resource
import sys
import time
from itertools import islice
from pathlib import Path

from firmware.serial_number import luhn_digit
from host_tools.exchange.pskc import writer as pskc_writer
from host_tools.factory import handout
from host_tools.factory import pdf_letters as letters_as_pdf
from host_tools.factory.handout import Handout
from host_tools.otp import secret_text
from host_tools.otp.credential import Credential
from host_tools.provisioning import batches
from host_tools.provisioning.batches import Batch
from host_tools.provisioning.inventory import Inventory
from host_tools.secret import Secret

ISSUER_KEY = Secret(bytes(range(32)))
ENCRYPTION_KEY = Secret(bytes(range(16)))
NAME = "bench"


def secrets(inventory: Inventory, count: int, _: Path) -> None:
    """Draw, seal and note the secrets of a batch's tokens, as `batch run` does: job, token, done,
    each a durable transaction."""
    batch = Batch(NAME, "kodeviser", count, "bank", "SHA1", 6, 30, "ab" * 8, "bench", 0.0)
    batches.create(inventory, batch)
    for number in range(count):
        serial = f"{number:011}" + luhn_digit(f"{number:011}")
        job = batches.take(inventory, NAME, serial, "bench", 0.0)
        inventory.record(
            serial=serial,
            product="kodeviser",
            board="pico",
            version="1",
            credential=Credential("bank", secret_text.generate("SHA1")),
            fingerprint="00" * 8,
            now=0.0,
            clock_set_at=0.0,
            issuer_key=ISSUER_KEY,
            batch=NAME,
        )
        batches.finish(inventory, job, {"serial": serial}, 0.0)


def pskc(inventory: Inventory, count: int, folder: Path) -> None:
    """Write the batch's encrypted PSKC file."""
    with (folder / "tokens.pskc").open("wb") as file:
        keys = inventory.each_key_package(ISSUER_KEY, NAME, "bank")
        if pskc_writer.stream(keys, file, ENCRYPTION_KEY, None) != count:
            raise RuntimeError("tokens are missing")


def letters(inventory: Inventory, count: int, folder: Path) -> None:
    """Write a letter for each token, as HTML."""
    for job in batches.each(inventory, NAME, batches.DONE):
        content = Handout(job.serial or "", "kodeviser", "da", "https://login.example.dk/activate")
        (folder / f"{job.serial}.html").write_text(handout.as_html(content), encoding="utf-8")
    if len(list(folder.glob("*.html"))) != count:
        raise RuntimeError("letters are missing")


def pdf_letters(inventory: Inventory, count: int, folder: Path) -> None:
    """Write the letters of the first `count` tokens as tagged PDFs."""
    with letters_as_pdf.writing() as write:
        for job in islice(batches.each(inventory, NAME, batches.DONE), count):
            serial = job.serial or ""
            content = Handout(serial, "kodeviser", "da", "https://login.example.dk/activate")
            write(content, folder / f"{serial}.pdf")


_WORK = {"secrets": secrets, "pskc": pskc, "letters": letters, "pdf_letters": pdf_letters}


def main() -> None:
    """Do it, and print what it took: seconds, and MB of memory at most."""
    work, count, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    with Inventory(folder / "inventory.sqlite", lambda _: None) as inventory:
        began = time.perf_counter()
        _WORK[work](inventory, count, folder)
        seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "megabytes": _peak()}))


def _peak() -> float:
    """The most memory that this process has had (Linux, VmHWM; getrusage() would count what the
    process that started it had), and the largest that it has started, in MB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    own = next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line)
    return (own + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024


if __name__ == "__main__":
    main()
