#!/usr/bin/env python3
"""Writes a ledger with the tables of hook's first version: first-ledger.py TABLES FILE

A tag that moved once, each time by a build of its own, and the engine's event of the move.
"""
import sqlite3
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    # In alphabetical order some indexes come before their tables.
    statements = sorted(file.read().split(";\n\n"), key=lambda statement: "CREATE INDEX" in statement)
ledger = sqlite3.connect(sys.argv[2])
ledger.executescript("PRAGMA application_id = 1752133483;" + ";\n".join(statements))
insert = lambda table, *row: ledger.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
insert("grdb_migrations", "v1")
insert("engine", 1, "engine", "host", "Docker 20.10.24", "classic", "unix:///var/run/docker.sock")
insert("word", 1, "image-hygiene")
insert("word", 2, "main")
insert("word", 3, "gitlab")
for number in (1, 2):
    insert("build", number, f"run-{number}", 1, bytes([number] * 20), 2, 3, str(4710 + number), None, None, None)
insert("repository", 1, 1, "docker.io/shop/api")
insert("tag", 1, 1, "v1")
start = 1_760_000_000_000_000_000
for number in (1, 2):
    moment = start + number * 60_000_000_000
    insert("generation", number, 1, bytes([number] * 32), None, moment, number, moment, number, 1)
insert("event", 1, 1, 0, start + 90_000_000_000, "tag", bytes([2] * 32), "shop/api:v1", None, "docker.io/shop/api:v1")
insert("event", 2, 1, 0, start + 100_000_000_000, "delete", bytes([1] * 32), "sha256:" + "01" * 32, None, None)
ledger.commit()
