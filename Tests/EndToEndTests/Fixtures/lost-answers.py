"""A relay between hook and an engine that lets each removal be carried out, and hangs up in place of its answer.

usage: lost-answers.py SOCKET unix:///path/of/the/engine
"""

import socket
import sys
import threading


def close(*ends):
    for end in ends:
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def ask(client, engine, removes):
    try:
        while data := client.recv(65536):
            if data.startswith(b"DELETE "):
                removes.set()
            engine.sendall(data)
    except OSError:
        pass
    close(client, engine)


def answer(engine, client, removes):
    try:
        # The first bytes of an answer come when the engine is done.
        while data := engine.recv(65536):
            if removes.is_set():
                break
            client.sendall(data)
    except OSError:
        pass
    close(client, engine)


def main():
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen(64)
    print("ready", flush=True)
    while True:
        client, _ = listener.accept()
        engine = socket.socket(socket.AF_UNIX)
        engine.connect(sys.argv[2].removeprefix("unix://"))
        removes = threading.Event()
        threading.Thread(target=ask, args=(client, engine, removes), daemon=True).start()
        threading.Thread(target=answer, args=(engine, client, removes), daemon=True).start()


main()
