#!/usr/bin/env python3
"""Runs clang over the sources that hold locks for its -Wthread-safety alone: no code is generated.

    thread_safety.py build/dev/compile_commands.json
"""

import concurrent.futures
import json
import os
import re
import shlex
import subprocess
import sys

FOLDERS = ("concurrency", "fetch", "crawler")


def check(entry):
    arguments = shlex.split(entry["command"])
    if os.path.basename(arguments[0]) == "ccache":
        arguments = arguments[1:]
    output = arguments.index("-o")
    del arguments[output:output + 2]
    arguments += ["-fsyntax-only", "-Werror=thread-safety"]
    done = subprocess.run(arguments, cwd=entry["directory"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    return entry["file"], done.returncode, done.stdout


def main():
    with open(sys.argv[1], encoding="utf-8") as stream:
        commands = json.load(stream)
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(sys.argv[1]))))
    wanted = re.compile("(" + "|".join(FOLDERS) + ")/")
    entries = {e["file"]: e for e in commands if wanted.match(os.path.relpath(e["file"], root))}
    if not entries:
        print("no sources in " + sys.argv[1])
        return 1
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for file, code, text in pool.map(check, entries.values()):
            if code != 0:
                failed += 1
                print(f"{os.path.relpath(file, root)}:\n{text}")
    print(f"thread safety: {len(entries)} sources, {failed} with errors")
    return 1 if failed else 0


sys.exit(main())
