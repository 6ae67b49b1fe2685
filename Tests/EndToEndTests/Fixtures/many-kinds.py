#!/usr/bin/env python3
"""A plugin whose rule `many-kinds` reports as many findings as it is told, of all outcomes, some with texts that try to break a page."""

import json
import sys

HOSTILE = [
    "</script><script>alert(1)</script>", "<!-- x", "<img src=x onerror=alert(1)>", "{{pipeline}}{{{data}}}", "\u202eevil\u2066", "\u2028\u2029", "\x00\x1b[31m",
    "\"'`&amp;", "中文标签 日本語", "javascript:alert(1)", "]]>", "\\u003c/script\\u003e",
]
TYPES = ["overwritten", "loaded-by-id", "kept", "removed", "within-budget", "not-judged"]
RULE = {
    "name": "many-kinds", "abstract": "Report many findings of all kinds.", "effect": "observes",
    "settings": {"type": "object", "properties": {"count": {"description": "How many.", "type": "integer"}}, "required": ["count"], "additionalProperties": False},
}


def send(**message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")


def finding(number):
    outcome = "failed" if number % 50 == 0 else "error" if number % 1000 == 7 else "skipped" if number % 9 == 0 else "passed"
    text = HOSTILE[number // 50 % len(HOSTILE)] if number % 50 == 0 else "takes 123.4MB of the 500MB that are allowed"
    values = {"subject": "shop/service-%d:v%d" % (number % 97, number), "outcome": outcome, "type": TYPES[number % 50 // 9], "message": text,
              "details": ["evidence %d of %s" % (line, text) for line in range(3)], "bytes": (number * 7919) % 900_000_000}
    if outcome == "failed":
        values.update(type=TYPES[number % 100 // 50], remedy="docker tag sha256:%064x shop/service:v%d" % (number, number))
    if outcome == "error":
        values.pop("bytes")
    return values


for line in sys.stdin:
    message = json.loads(line)
    if message.get("method") == "initialize":
        send(id=message["id"], result={"protocol": 1, "name": "many-kinds", "version": "1.0.0", "rules": [RULE]})
    elif message.get("method") == "run":
        for number in range(message["params"]["settings"]["count"]):
            send(method="finding", params={"run": message["id"], **finding(number)})
        send(id=message["id"], result={})
    elif "id" in message:
        send(id=message["id"], result={"problems": []} if message.get("method") == "validate" else {})
    sys.stdout.flush()
