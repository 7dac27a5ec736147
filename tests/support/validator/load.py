"""Clients that check codes side by side until a server is killed."""

import threading
from collections.abc import Iterator

import httpx2

from tests.support.validator.server import Server

CLIENTS = 8
ACKNOWLEDGED = 150  # codes, before the kill


class Load:
    """Clients that submit every code once, until the server no longer answers."""

    def __init__(
        self, server: Server, work: Iterator[tuple[str, str]], acknowledged: int = ACKNOWLEDGED
    ) -> None:
        self.accepted: set[tuple[str, str]] = set()
        self.refused: set[tuple[str, str]] = set()
        self.enough = threading.Event()
        self._server, self._acknowledged = server, acknowledged
        self._work = work
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._client) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def wait(self) -> None:
        for thread in self._threads:
            thread.join()

    def _client(self) -> None:
        with self._server.client() as client:
            while True:
                with self._lock:
                    serial, code = next(self._work, (None, ""))
                if serial is None:
                    break
                try:
                    answer = client.post("/v1/checks", json={"serial": serial, "code": code})
                except httpx2.TransportError:
                    break  # killed
                assert answer.status_code == 200
                with self._lock:
                    (self.accepted if answer.json()["accepted"] else self.refused).add(
                        (serial, code)
                    )
                    if len(self.accepted) >= self._acknowledged:
                        self.enough.set()
        self.enough.set()
