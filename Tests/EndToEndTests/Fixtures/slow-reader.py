#!/usr/bin/env python3
"""Runs hook with a report that goes into a pipe which nobody reads at first, and sends SIGTERM while hook writes it; then reads it.

    slow-reader.py HOOK

Leaves hook.xml beside, and ends with hook's exit code.
"""
import fcntl
import os
import select
import signal
import subprocess
import sys

F_SETPIPE_SZ = 1031

os.mkfifo("page")
pipe = os.open("page", os.O_RDWR)
fcntl.fcntl(pipe, F_SETPIPE_SZ, 4096)
hook = subprocess.Popen([sys.argv[1], "run", "--html", "page", "--junit", "hook.xml"], stdout=subprocess.PIPE)
# The stages have ended when the first bytes of the page are there.
text = os.read(pipe, 1)
hook.send_signal(signal.SIGTERM)
while hook.poll() is None or select.select([pipe], [], [], 0)[0]:
    if select.select([pipe], [], [], 0.1)[0]:
        text += os.read(pipe, 65536)
hook.stdout.read()
sys.exit(hook.returncode if text.endswith(b"</html>\n") else 3)
