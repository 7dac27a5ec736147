"""What one thread prints is dropped, and what the others print is not."""

import sys
import threading

from host_tools.flashing.quiet_threads import quiet


def test_only_quiet_threads_are_not_heard(capsys):
    before = sys.stdout
    inside, leave = threading.Barrier(3), threading.Event()

    def work(name):
        with quiet():
            inside.wait()
            print(f"{name} within")
            leave.wait()
        print(f"{name} after")

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    inside.wait()
    print("main")
    leave.set()
    for thread in threads:
        thread.join()
    assert sys.stdout is before
    assert sorted(capsys.readouterr().out.split("\n")) == ["", "a after", "b after", "main"]
