#!/usr/bin/env python3
"""Crawls the hazard site and scores the crawl by the site's own truth.

  hazard_score.py WEIR SITE [--port N] [--keep DIR] [weir's flags...]

SITE is the folder of hazard_site.py, unless WEIR_SHARED names the one above it. Exits 0 if every expectation is met, 77 (skipped) where the
folder is absent, and prints what was not met.
"""
import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile

SKIPPED = 77

# weir's outcomes in the words of the site; parse_* had a page and is "fetched".
WORDS = {
    "ok": "fetched", "http_error": "fetched", "not_modified": "fetched",
    "redirect": "redirect", "redirect_limit": "redirect_limit", "bad_redirect": "bad_redirect",
    "dns": "network_error", "connect": "network_error", "tls": "network_error", "reset": "network_error",
    "blocked_address": "network_error",
    "timeout": "timeout", "too_slow": "timeout",
    "protocol": "protocol_error",
    "truncated": "truncated", "too_large": "truncated",
    "bad_encoding": "decode_error",
    "robots_denied": "robots", "robots_unavailable": "robots",
    "parse_timeout": "fetched", "parse_crash": "fetched", "parse_memory": "fetched",
    "parse_refused": "fetched",
}

# What the site's README recommends; the delay is short to keep the test short.
FLAGS = ["--scope", "host", "--timeout", "10s", "--max-body", "10MB", "--depth", "25",
         "--max-per-dir", "300", "--max-per-host", "5000", "--delay", "20ms", "--sitemaps",
         "--user-agent", "weir/test (+http://127.0.0.1/)", "--quiet"]


def free_base(ports):
    """The first of `ports` neighbouring ports that nobody listens on."""
    for base in range(28700, 60000, ports):
        taken = [socket.socket() for _ in range(ports)]
        try:
            for k, one in enumerate(taken):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                one.bind(("127.0.0.1", base + k))
            return base
        except OSError:
            continue
        finally:
            for one in taken:
                one.close()
    sys.exit("no free ports")


def results(pages, out):
    with open(pages) as lines, open(out, "w") as to:
        for line in lines:
            page = json.loads(line)
            to.write(json.dumps({"url": page["url"], "outcome": WORDS[page["outcome"]],
                                 "status": page["status"], "title": page["title"]}) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("weir")
    parser.add_argument("site")
    parser.add_argument("--port", type=int)
    parser.add_argument("--keep", help="folder for the run and the logs; else a temporary one")
    options, flags = parser.parse_known_args()
    shared = os.environ.get("WEIR_SHARED")
    site = os.path.join(shared, "testsite") if shared else options.site
    script = os.path.join(site, "hazard_site.py")
    if not os.path.exists(script):
        print(f"skipped: {script} is not there")
        return SKIPPED
    site = [sys.executable, script]
    count = len(subprocess.run(site + ["seeds"], capture_output=True, text=True, check=True).stdout.split())
    port = options.port or free_base(count + 1)
    site += ["--port", str(port)]
    seeds = subprocess.run(site + ["seeds"], capture_output=True, text=True, check=True).stdout

    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or scratch
        os.makedirs(folder, exist_ok=True)
        at = lambda name: os.path.join(folder, name)  # noqa: E731
        with open(at("seeds.txt"), "w") as file:
            file.write(seeds)
        server = subprocess.Popen([sys.executable, script, "serve", "--port", str(port), "--log", at("requests.jsonl"),
                                   "--seconds", "3600"], stdout=subprocess.PIPE, text=True)
        try:
            if "hazard server" not in server.stdout.readline():
                sys.exit("the site did not start")
            crawl = subprocess.run([options.weir, "crawl", "--list", at("seeds.txt"), "--out", at("run")] + FLAGS + flags)
        finally:
            server.terminate()
            server.wait()
        results(at("run/pages.jsonl"), at("results.jsonl"))
        score = subprocess.run(site + ["score", at("requests.jsonl"), at("results.jsonl")])
        summary = json.load(open(at("run/summary.json")))
        print(f"weir: exit {crawl.returncode}, {summary['finish_reason']}, {summary['elapsed_seconds']} s, "
              f"outcomes { {k: v for k, v in summary['outcomes'].items() if v} }")
        return 1 if crawl.returncode or score.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
