"""A relay between hook and an engine that counts and names each removal that comes, and holds it back until a file is there.

usage: slow-removals.py SOCKET unix:///path/of/the/engine FILE
"""

import os
import socket
import sys
import threading
import time


count = 0
lock = threading.Lock()


def copy(source, target, holds_removals):
    global count
    try:
        while data := source.recv(65536):
            if holds_removals and data.startswith(b"DELETE "):
                with lock:
                    count += 1
                    print(f"DELETE {count} {data.split()[1].decode()}", flush=True)
                while not os.path.exists(sys.argv[3]):
                    time.sleep(0.01)
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
