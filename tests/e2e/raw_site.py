"""Servers on loopback that answer byte by byte what a test tells them to, and log what they are asked.

    with Site({"/": page("Home", ["/a"]), "/a": b"HTTP/1.1 200 OK\\r\\n\\r\\nto the end"}) as site:
        run = crawl(weir, [site.url("/")])

A route is the whole reply as bytes, or a function of the connection and the request. A reply
without a length, or one that is marked so by close(), ends with the connection.
"""
import json
import os
import socket
import subprocess
import tempfile
import threading
import time

ALLOW_ALL = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


def reply(status, body=b"", *headers, ctype="text/html; charset=utf-8"):
    body = body.encode() if isinstance(body, str) else body
    head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}"] + list(headers)
    if ctype:
        head.append("Content-Type: " + ctype)
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


def html(title, links=()):
    return (f"<!DOCTYPE html><title>{title}</title>" + "".join(f'<a href="{u}">x</a>' for u in links)).encode()


def page(title, links=()):
    return reply(200, html(title, links))


def close(raw):
    """The same reply, then the connection ends."""
    def send(conn, _):
        conn.sendall(raw)
        return False
    return send


class Request:
    def __init__(self, head):
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target = lines[0].split(" ")[:2]
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()
        self.time = time.monotonic()


class Site:
    def __init__(self, routes, host="127.0.0.1", robots=ALLOW_ALL):
        self.routes = dict(routes)
        self.routes.setdefault("/robots.txt", robots)
        self.log = []
        self.lock = threading.Lock()
        self.listener = socket.create_server((host, 0), backlog=128)
        self.host, self.port = self.listener.getsockname()
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    def url(self, path="/"):
        return f"http://{self.host}:{self.port}{path}"

    def asked(self, target):
        with self.lock:
            return [r for r in self.log if r.target == target]

    def accept(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(conn,), daemon=True).start()

    def serve(self, conn):
        with conn:
            data = b""
            try:
                while True:
                    while b"\r\n\r\n" not in data:
                        more = conn.recv(65536)
                        if not more:
                            return
                        data += more
                    head, _, data = data.partition(b"\r\n\r\n")
                    if not self.answer(conn, Request(head)):
                        return
            except OSError:
                return

    def answer(self, conn, request):
        route = self.routes.get(request.target, self.routes.get(request.target.split("?")[0], page("leaf")))
        with self.lock:
            self.log.append(request)
        if callable(route):
            return route(conn, request)
        conn.sendall(route)
        return b"content-length:" in route.lower() or b"chunked" in route.lower()


class Run:
    def __init__(self, folder, code, stderr):
        self.folder, self.code, self.stderr = folder, code, stderr
        with open(os.path.join(folder, "pages.jsonl")) as lines:
            self.records = [json.loads(line) for line in lines]
        self.pages = {r["url"]: r for r in self.records}
        with open(os.path.join(folder, "summary.json")) as file:
            self.summary = json.load(file)

    def outcome(self, url):
        return self.pages[url]["outcome"] if url in self.pages else None


def crawl(weir, seeds, *flags, out=None):
    out = out or os.path.join(tempfile.mkdtemp(prefix="weir-e2e-"), "run")
    done = subprocess.run([weir, "crawl", "--list", "-", "--out", out, "--scope", "host", "--quiet", "--delay", "0ms",
                           *flags], input="\n".join(seeds), text=True, capture_output=True, timeout=300)
    return Run(out, done.returncode, done.stderr)
