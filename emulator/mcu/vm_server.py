"""Starts VM processes by forking: MicroPython is loaded once, and Python started once.

Run as a program with the folder of the package's extension module and the number of a socket. A
request is a line of JSON with a "number" of its own. Its answer is a line with that number and
another one, so that the answer to a request whose sender was interrupted is not taken for that of
the next:

- {"number": …, "arguments": MicroPython's, "environment": …} with five file descriptors, which
  become 0 to 4 in the new process. Answer: its process id.
- {"number": …, "wait": process id}. Answer: its exit code, once it has ended, however often it is
  asked for.

It ends with its host's end of the socket.
"""

import contextlib
import json
import os
import socket
import sys
import traceback
from collections.abc import Iterator
from importlib import import_module
from typing import Any

MODULE = "micropython_module"
FILES = 5  # file descriptors of a new process
_LONGEST = 1 << 16  # bytes of a request


def _requests(line: socket.socket) -> Iterator[tuple[dict[str, Any], list[int]]]:
    """Give each request and its file descriptors, until the host has closed its end. Several
    requests may arrive at once: one of an interrupted sender, and the next."""
    received, files = b"", list[int]()
    while True:
        data, more, _, _ = socket.recv_fds(line, _LONGEST, FILES)
        if not data:
            return
        received += data
        files += more
        while b"\n" in received:
            text, _, received = received.partition(b"\n")
            request: dict[str, Any] = json.loads(text)
            count = 0 if "wait" in request else FILES
            yield request, files[:count]
            del files[:count]


def _become_vm(request: dict[str, Any], files: list[int], line: int) -> None:
    """Run MicroPython in this process, with nothing of the server's left open."""
    os.setsid()  # a Ctrl-C in the terminal must not reach the VM
    for number, file in enumerate(files):  # never onto one that is yet to be moved: all are above 2
        os.dup2(file, number)
    os.closerange(FILES, max(*files, line) + 1)
    os.environ.clear()
    os.environ.update(request["environment"])
    import_module(MODULE).run_main([sys.argv[1], *request["arguments"]])


def _start(request: dict[str, Any], files: list[int], line: socket.socket) -> int:
    child = os.fork()
    if not child:
        code = 1
        try:
            _become_vm(request, files, line.fileno())
            code = 0
        except BaseException:  # whatever it is, it must not go on as a second server
            traceback.print_exc()
        finally:
            os._exit(code)
    for file in files:
        os.close(file)
    return child


def main() -> None:
    """Answer requests until the host is gone."""
    sys.path.insert(0, sys.argv[1])
    import_module(MODULE)  # once, for all children
    # A host that was killed may leave an answer unread, or a request unfinished.
    with socket.socket(fileno=int(sys.argv[2])) as line, contextlib.suppress(ConnectionError):
        _serve(line)


def _serve(line: socket.socket) -> None:
    codes: dict[int, int] = {}  # of the processes that have ended
    for request, files in _requests(line):
        if "wait" in request:
            child = request["wait"]
            if child not in codes:
                codes[child] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            answer = codes[child]
        else:
            answer = _start(request, files, line)
            codes.pop(answer, None)  # of an earlier process with the same number
        line.sendall(f"{request['number']} {answer}\n".encode())


if __name__ == "__main__":
    main()
