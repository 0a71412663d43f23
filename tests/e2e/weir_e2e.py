"""What the end-to-end tests share: weir as a process, its outputs, sites to crawl, waiting.

A test is a file of unittest cases, ended by `weir_e2e.main()`. The environment says where the
program is (WEIR). Everything happens on loopback and in temporary folders; whatever a test
starts, it ends, by its own pid.
"""

import contextlib
import http.server
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
WEIR = str(pathlib.Path(os.environ.get("WEIR", ROOT / "build/release/weir")).resolve())
LIMIT = 60.0  # seconds that anything may take before a test gives up on it

# As polite as loopback needs: every URL as soon as it is known.
FAST = ["--delay", "0ms", "--per-host", "64", "--per-ip", "64"]


def main():
    unittest.main(verbosity=2)


def wait_until(condition, what, limit=LIMIT):
    """Returns what `condition()` gives once it is true."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.005)
    raise AssertionError(f"{what}: not within {limit:.0f} s")


def read_lines(path):
    path = pathlib.Path(path)
    if not path.exists():
        return []
    return path.read_text(encoding="utf-8").splitlines()


def read_jsonl(path):
    return [json.loads(line) for line in read_lines(path)]


class Run:
    """A run folder, read."""

    def __init__(self, folder, code=None, stdout="", stderr=""):
        self.folder = pathlib.Path(folder)
        self.code = code
        self.stdout = stdout
        self.stderr = stderr

    @property
    def pages(self):
        return read_jsonl(self.folder / "pages.jsonl")

    @property
    def links(self):
        """url -> the URLs it links to, in document order."""
        return {line["url"]: [link["to"] for link in line["links"]]
                for line in read_jsonl(self.folder / "links.jsonl")}

    @property
    def summary(self):
        return json.loads((self.folder / "summary.json").read_text(encoding="utf-8"))

    @property
    def pending(self):
        return read_lines(self.folder / "pending.txt")

    @property
    def log(self):
        return read_lines(self.folder / "weir.log")

    def outcomes(self):
        return {page["url"]: page["outcome"] for page in self.pages}

    def records(self, with_links=False):
        """What must not depend on how a crawl was run."""
        links = self.links if with_links else {}
        return {page["url"]: (page["outcome"], page["status"], page["title"], page["links"],
                              tuple(links.get(page["url"], ())))
                for page in self.pages}


class Crawl:
    """`weir crawl` as a process. Use as a context: it does not outlive it."""

    def __init__(self, folder, *arguments, stdin=None, env=None, cwd=None, stderr=None,
                 before=None):
        self.folder = pathlib.Path(folder)
        self.err_path = pathlib.Path(str(folder) + ".stderr")
        self.out_path = pathlib.Path(str(folder) + ".stdout")
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("WEIR_")}
        environment.update(env or {})
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self.process = subprocess.Popen(
                [WEIR, "crawl", *arguments, "--out", str(folder)], stdout=out,
                stderr=stderr if stderr is not None else err, env=environment, cwd=cwd,
                stdin=stdin if stdin is not None else subprocess.DEVNULL, preexec_fn=before)
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    @property
    def stderr(self):
        return self.err_path.read_text(encoding="utf-8", errors="replace")

    @property
    def stdout(self):
        return self.out_path.read_text(encoding="utf-8", errors="replace")

    def says(self, text):
        """Waits for it on stderr."""
        wait_until(lambda: text in self.stderr, f"'{text}' on stderr")

    def send(self, number):
        os.kill(self.pid, number)

    def workers(self):
        """The pids of its parser processes that live."""
        return [pid for pid in children_of(self.pid) if b"parse-worker" in command_line(pid)]

    def wait(self, limit=LIMIT):
        try:
            code = self.process.wait(limit)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the crawl does not end within {limit:.0f} s") from None
        return Run(self.folder, code, self.stdout, self.stderr)


def weir(*arguments, **options):
    """Runs a command of weir to its end."""
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("WEIR_")}
    environment.update(options.pop("env", {}))
    return subprocess.run([WEIR, *arguments], capture_output=True, timeout=LIMIT, check=False,
                          env=environment, **options)


def stat_of(pid):
    """(state, parent), or None if there is no such process."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()
    return fields[0], int(fields[1])


def is_alive(pid):
    stat = stat_of(pid)
    return stat is not None and stat[0] not in "ZX"


def children_of(parent):
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            stat = stat_of(int(name))
            if stat and stat[1] == parent and stat[0] not in "ZX":
                found.append(int(name))
    return found


def command_line(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


class Site:
    """`weir site` as a process."""

    def __init__(self, folder, *arguments):
        self.truth_path = pathlib.Path(folder) / "truth.jsonl"
        self.process = subprocess.Popen(
            [WEIR, "site", "--port", "0", "--truth", str(self.truth_path), *arguments],
            stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("serving http://"):
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"weir site says: {line!r}")
        self.url = line.split()[1]

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def truth(self):
        return read_jsonl(self.truth_path)


class Reply:
    def __init__(self, body=b"", status=200, kind="text/html", headers=(), before=None):
        self.body = body.encode() if isinstance(body, str) else body
        self.status = status
        self.kind = kind
        self.headers = list(headers)
        self.before = before  # called before anything is answered


class Server:
    """A site of one's own: path -> Reply, or a function of the path that gives a Reply or None."""

    def __init__(self, pages):
        self.pages = pages
        self.lock = threading.Lock()
        self.asked = []  # paths, in order
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):  # pylint: disable=invalid-name
                with outer.lock:
                    outer.asked.append(self.path)
                found = outer.find(self.path)
                reply = found if found else Reply("not here", 404, "text/plain")
                if reply.before:
                    reply.before()
                with contextlib.suppress(OSError):
                    self.send_response(reply.status)
                    self.send_header("Content-Type", reply.kind)
                    self.send_header("Content-Length", str(len(reply.body)))
                    for name, value in reply.headers:
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(reply.body)

            def handle(self):
                with contextlib.suppress(OSError):
                    super().handle()

            def log_message(self, *unused):
                pass

        class Listener(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

        self.server = Listener(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def find(self, path):
        return self.pages(path) if callable(self.pages) else self.pages.get(path)

    def asked_pages(self):
        with self.lock:
            return [path for path in self.asked if path != "/robots.txt"]

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def page(title, links=()):
    anchors = "".join(f'<p><a href="{link}">{link}</a></p>' for link in links)
    return f"<!doctype html><html><head><title>{title}</title></head><body>{anchors}</body></html>"


def star(count):
    """A start page that links to /p/0 ... and those pages."""
    pages = {"/": Reply(page("start", [f"/p/{n}" for n in range(count)]))}
    pages.update({f"/p/{n}": Reply(page(f"page {n}")) for n in range(count)})
    return pages


class Case(unittest.TestCase):
    """A test with a folder of its own."""

    maxDiff = 4000

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.runs = 0

    def start(self, *arguments, **options):
        self.runs += 1
        return Crawl(self.folder / f"run-{self.runs}", *arguments, **options)

    def crawl(self, *arguments, **options):
        with self.start(*arguments, **options) as crawl:
            return crawl.wait()

    def write(self, name, text):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    def assert_ended(self, run, code, reason):
        self.assertEqual(run.code, code, run.stderr)
        self.assertEqual(run.summary["finish_reason"], reason)

    def assert_nothing_lost(self, run, everything):
        """Records and pending URLs are all URLs, each once."""
        self.assertEqual(sorted([page["url"] for page in run.pages] + run.pending),
                         sorted(everything))
