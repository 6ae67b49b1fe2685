"""A relay between hook and an engine that holds each removal back for half a second, and says when one comes.

usage: slow-removals.py SOCKET unix:///path/of/the/engine
"""

import socket
import sys
import threading
import time


def copy(source, target, holds_removals):
    try:
        while data := source.recv(65536):
            if holds_removals and data.startswith(b"DELETE "):
                print("DELETE", flush=True)
                time.sleep(0.5)
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def main():
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen(64)
    print("ready", flush=True)
    while True:
        client, _ = listener.accept()
        engine = socket.socket(socket.AF_UNIX)
        engine.connect(sys.argv[2].removeprefix("unix://"))
        threading.Thread(target=copy, args=(client, engine, True), daemon=True).start()
        threading.Thread(target=copy, args=(engine, client, False), daemon=True).start()


main()
