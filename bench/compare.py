#!/usr/bin/env python3
"""CPU per page of weir next to wget2 and scrapy, on the same pages from the same nginx.

    bench/compare.py [--weir build/release/weir] [--pages 3000] [--rounds 3]

Each fetches every page of a list once, over loopback, and parses it for links; the count is checked
by the server's log. CPU is that of the whole process tree, user and system, reaped children
included. Prints a table of milliseconds of CPU a page and ratios, beside them what Gumbo's own parse
of the same pages takes (once each, one thread, an arena, no error list, no walk). Needs nginx, and wget2 and scrapy from the distribution (missing ones are
left out, and said so). Judge by the ratios: absolute figures are the machine's.
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

NGINX = """
worker_processes 1; daemon off; pid {dir}/nginx.pid; error_log {dir}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log {dir}/access.log; types {{ text/html html; }} default_type text/html;
  keepalive_requests 1000000; client_body_temp_path {dir}/t1; proxy_temp_path {dir}/t2;
  fastcgi_temp_path {dir}/t3; uwsgi_temp_path {dir}/t4; scgi_temp_path {dir}/t5;
  server {{ listen 127.0.0.1:{port}; root {dir}/www; }}
}}
"""

SPIDER = """
import scrapy
from scrapy.linkextractors import LinkExtractor


class Pages(scrapy.Spider):
    name = "pages"
    custom_settings = {{
        "CONCURRENT_REQUESTS": 64, "CONCURRENT_REQUESTS_PER_DOMAIN": 64, "LOG_LEVEL": "ERROR",
        "TELNETCONSOLE_ENABLED": False, "ROBOTSTXT_OBEY": False,
        "FEEDS": {{"{out}": {{"format": "jsonlines"}}}},
    }}

    def start_requests(self):
        for line in open("{urls}"):
            yield scrapy.Request(line.strip())

    def parse(self, response):
        links = [link.url for link in LinkExtractor().extract_links(response)]
        yield {{"url": response.url, "title": response.css("title::text").get(), "links": links}}
"""


def write_pages(folder, count):
    """Script-free pages of about 30 KB with 40 links, always the same."""
    folder.mkdir()
    rng = random.Random(5)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 10))) for _ in range(3000)]
    total = 0
    for i in range(count):
        parts = [f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Page {i}</title></head><body><h1>Page {i}</h1>']
        for n in range(78):
            parts.append("<p>" + " ".join(rng.choices(words, k=50)) + "</p>")
            if n % 2:
                parts.append(f'<p><a href="/p{rng.randrange(count)}.html">{rng.choice(words)}</a> <b>{rng.choice(words)}</b></p>')
        parts.append("</body></html>")
        text = "\n".join(parts)
        total += len(text)
        (folder / f"p{i}.html").write_text(text)
    return total / count


def run(command, cwd):
    """CPU seconds of the process tree; a failure ends the comparison."""
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{command[0]} ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime


def asked(log):
    """Pages that were answered with 200."""
    return sum(1 for line in open(log) if '"GET /p' in line and '" 200 ' in line)


def gumbo_cost(weir, www, pages):
    """Milliseconds of CPU a page."""
    done = subprocess.run([str(weir), "bench", "parse", "--baseline", "--rounds", "1", "--count", str(pages),
                           "--pages", str(www), "--json"], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):  # 1: the aim of that benchmark was missed
        sys.exit(done.stderr)
    return json.loads(done.stdout)["baseline"][0]["cpu_us"] / 1000


def main():
    o = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    o.add_argument("--weir", default="build/release/weir", type=pathlib.Path)
    o.add_argument("--pages", default=3000, type=int)
    o.add_argument("--rounds", default=3, type=int)
    o = o.parse_args()
    weir = o.weir.resolve()
    if not (weir.parent / "weir-bench").exists():
        sys.exit(f"weir-bench is missing beside {weir}: ninja -C build/release weir-bench")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-compare-"))
    folder.chmod(0o755)  # nginx's worker is another user
    size = write_pages(folder / "www", o.pages)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    urls = folder / "urls.txt"
    urls.write_text("".join(f"http://127.0.0.1:{port}/p{i}.html\n" for i in range(o.pages)))
    (folder / "nginx.conf").write_text(NGINX.format(dir=folder, port=port))
    (folder / "spider.py").write_text(SPIDER.format(out=folder / "scrapy.jsonl", urls=urls))
    nginx = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        commands = {"weir": [str(weir), "crawl", "--list", str(urls), "--delay", "0ms", "--per-host", "64",
                             "--per-ip", "64", "--quiet", "--out", "RUN"]}
        if shutil.which("wget2"):
            # Recursion of depth 1 has it parse each page for links, as the others do.
            commands["wget2"] = ["wget2", "-q", "--max-threads=16", "--robots=off", "-r", "-l1", "-i", str(urls),
                                 "-P", "RUN", "-nH", "--http2=off"]
        if shutil.which("scrapy"):
            commands["scrapy"] = ["scrapy", "runspider", str(folder / "spider.py")]
        for name in ("wget2", "scrapy"):
            if name not in commands:
                print(f"{name} is not installed: left out")
        cost = {name: [] for name in commands}
        coordinator, workers, gumbo = [], [], []
        for _ in range(o.rounds):
            for name, command in commands.items():
                out = folder / "run"
                shutil.rmtree(out, ignore_errors=True)
                (folder / "scrapy.jsonl").unlink(missing_ok=True)
                before = asked(folder / "access.log")
                cpu = run([str(out) if a == "RUN" else a for a in command], str(folder))
                got = asked(folder / "access.log") - before
                if got != o.pages:
                    sys.exit(f"{name} was given {got} pages instead of {o.pages}")
                cost[name].append(1000 * cpu / o.pages)
                if name == "weir":
                    seconds = json.load(open(out / "summary.json"))["cpu_seconds"]
                    coordinator.append(1000 * seconds["coordinator"] / o.pages)
                    workers.append(1000 * seconds["workers"] / o.pages)
            gumbo.append(gumbo_cost(weir, folder / "www", o.pages))
        print(f"{o.pages} pages of {size / 1000:.1f} KB, nginx on loopback, {os.cpu_count()} CPUs, median of {o.rounds}\n")
        ours = statistics.median(cost["weir"])
        print(f"{'':10} {'CPU ms a page':>14} {'of weir':>9}")
        for name in commands:
            middle = statistics.median(cost[name])
            print(f"{name:10} {middle:14.3f} {middle / ours:8.2f}x")
        alone = statistics.median(gumbo)
        print(f"{'Gumbo':10} {alone:14.3f} {alone / ours:8.2f}x   (its parse alone)")
        print(f"\nof weir's {ours:.3f} ms the coordinator takes {statistics.median(coordinator):.3f}, "
              f"the parsers {statistics.median(workers):.3f}")
        print(f"weir's process tree beside Gumbo alone: {ours / alone:.3f}x")
    finally:
        nginx.send_signal(signal.SIGTERM)
        nginx.wait()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
