#!/usr/bin/env python3
"""What servers do to crawlers, and what weir makes of it. Usage: hazards_test.py WEIR [TEST...]"""
import gzip
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import zlib
from email.utils import formatdate

from raw_site import ALLOW_ALL, Run, Site, close, crawl, html, page, reply

WEIR = ""
OK = {"ok"}


def raw(head, body=b""):
    return close(head.replace("\n", "\r\n").encode("latin-1") + body)


def redirect(location, status=302):
    location = location.encode() if isinstance(location, str) else location
    return (b"HTTP/1.1 %d X\r\nContent-Length: 0\r\nLocation: " % status) + location + b"\r\n\r\n"


def endless(head, piece, pause=0.0):
    """Sends the piece for ever, or until the crawler has had enough."""
    def send(conn, request):
        conn.sendall(head)
        request.sent = 0
        while request.sent < 1 << 30:
            conn.sendall(piece)
            request.sent += len(piece)
            if pause:
                time.sleep(pause)
        return False
    return send


def bomb(megabytes, layers=1):
    co = zlib.compressobj(9, zlib.DEFLATED, 31)
    out = b"".join(co.compress(b" " * (1 << 20)) for _ in range(megabytes)) + co.flush()
    for _ in range(layers - 1):
        out = gzip.compress(out)
    return out


def coded(coding, body):
    return reply(200, body, "Content-Encoding: " + coding)


BODY = html("fine")
CHUNKED = "HTTP/1.1 200 OK\nContent-Type: text/html\nTransfer-Encoding: chunked\n\n"
PLAIN = "HTTP/1.1 200 OK\nContent-Type: text/html\n"
CUT = {"truncated", "protocol", "reset"}

# path: (what is answered, which outcomes are right, which status if any)
REPLIES = {
    # redirects without a usable target
    "/r-none": (reply(301), {"bad_redirect"}, 301),
    "/r-empty": (redirect(""), {"bad_redirect", "redirect_limit"}, 302),
    "/r-javascript": (redirect("javascript:alert(1)"), {"bad_redirect"}, 302),
    "/r-file": (redirect("file:///etc/passwd"), {"bad_redirect"}, 302),
    "/r-ftp": (redirect("ftp://127.0.0.1:9/x"), {"bad_redirect"}, 302),
    "/r-port": (redirect("http://127.0.0.1:99999/"), {"bad_redirect"}, 302),
    "/r-host": (redirect("http://"), {"bad_redirect"}, 302),
    "/r-bracket": (redirect("http://[::1/"), {"bad_redirect"}, 302),
    # redirects with a target of their own
    "/r-utf8": (redirect("/\u00fc-utf8".encode()), {"redirect"}, 302),
    "/r-latin1": (redirect(b"/\xfc-latin1"), {"redirect"}, 302),
    "/r-spaces": (redirect("   /with spaces  "), {"redirect"}, 302),
    "/r-backslash": (redirect("\\back"), {"redirect"}, 302),
    "/r-lower": (b"HTTP/1.1 308 X\r\ncontent-length: 0\r\nlocation:/lower\r\n\r\n", {"redirect"}, 308),
    "/r-body": (reply(302, html("not this", ["/never-1"]), "Location: /body"), {"redirect"}, 302),
    # what looks like a redirect, and is none
    "/n-300": (reply(300, b"x", "Location: /never-2"), {"http_error", "redirect"}, 300),
    "/n-304": (b"HTTP/1.1 304 X\r\nLocation: /never-3\r\nContent-Length: 0\r\n\r\n", {"http_error"}, 304),
    "/n-305": (reply(305, b"", "Location: /never-4"), {"http_error"}, 305),
    "/n-200": (reply(200, BODY, "Location: /never-5"), OK, 200),
    "/n-201": (reply(201, BODY, "Location: /never-6", "Content-Location: /never-7"), OK, 201),
    "/n-404": (reply(404, html("no", ["/never-8"]), "Location: /never-9"), {"http_error"}, 404),
    # loops
    "/l-self": (redirect("/l-self"), {"redirect_limit"}, 302),
    "/l-fragment": (redirect("/l-fragment#x"), {"redirect_limit"}, 302),
    "/l-cookie": (reply(302, b"", "Location: /l-cookie", "Set-Cookie: a=b"), {"redirect_limit"}, 302),
    # statuses and their lines
    "/s-204": (b"HTTP/1.1 204 X\r\n\r\n", OK, 204),
    "/s-205": (reply(205), OK, 205),
    "/s-noreason": (raw("HTTP/1.1 200\n\n", BODY), OK, 200),
    "/s-bytes": (close(b"HTTP/1.1 200 \xff\xfe\x80\r\nContent-Type: text/html\r\n\r\n" + BODY), OK, 200),
    "/s-10": (raw("HTTP/1.0 200 OK\nContent-Type: text/html\n\n", BODY), OK, 200),
    "/s-09": (close(BODY), {"protocol"}, None),
    "/s-icy": (raw("ICY 200 OK\nContent-Type: text/html\n\n", BODY), {"protocol", "ok"}, None),
    "/s-20": (raw("HTTP/1.1 20 OK\n\n", BODY), {"protocol", "http_error"}, None),
    "/s-2000": (raw("HTTP/1.1 2000 OK\n\n", BODY), {"protocol", "http_error"}, None),
    "/s-abc": (raw("HTTP/1.1 abc OK\n\n", BODY), {"protocol"}, None),
    "/s-smtp": (raw("220 mail.example ESMTP\n"), {"protocol"}, None),
    "/s-zeros": (close(b"\0" * 1000), {"protocol"}, None),
    "/s-halfline": (close(b"HTTP/1.1 200 OK\r\nContent-Ty"), {"reset", "protocol", "truncated"}, None),
    "/s-100": (close(b"HTTP/1.1 100 Continue\r\n\r\n" + page("fine")), OK, 200),
    "/s-103": (close(b"HTTP/1.1 103 Early Hints\r\nLink: </never-10>\r\n\r\n" * 20 + page("fine")), OK, 200),
    "/s-101": (raw("HTTP/1.1 101 Switching\nUpgrade: x\n\n"), {"protocol", "http_error", "reset"}, None),
    "/s-1xx": (endless(b"", b"HTTP/1.1 102 Processing\r\nX: y\r\n\r\n" * 50), {"too_large", "protocol", "timeout"}, None),
    # heads
    "/h-lf": (close(b"HTTP/1.1 200 OK\nContent-Type: text/html\n\n" + BODY), OK, 200),
    "/h-none": (raw("HTTP/1.1 200 OK\n\n", BODY), OK, 200),
    "/h-fold": (raw(PLAIN + "X-Long: a\n b\n\tc\n\n", BODY), OK, 200),
    "/h-nocolon": (raw(PLAIN + "no colon here\n\n", BODY), {"ok", "protocol"}, None),
    "/h-space": (raw(PLAIN + "X-Odd : y\n\n", BODY), {"ok", "protocol"}, None),
    "/h-nul": (raw(PLAIN + "X-Nul: a\0b\n\n", BODY), {"ok", "protocol"}, None),
    "/h-many": (raw(PLAIN + "X: y\n" * 900 + "\n", BODY), OK, 200),
    "/h-toomany": (raw(PLAIN + "X: y\n" * 5000 + "\n", BODY), {"too_large", "protocol"}, None),
    "/h-endless": (endless(b"HTTP/1.1 200 OK\r\n", b"X: " + b"y" * 4000 + b"\r\n"), {"too_large", "protocol"}, None),
    "/h-oneline": (endless(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 4000), {"too_large", "protocol"}, None),
    "/h-drip": (endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.3), {"timeout", "too_slow", "too_large"}, None),
    # lengths
    "/c-negative": (raw(PLAIN + "Content-Length: -1\n\n", BODY), {"protocol", "ok"}, None),
    "/c-twice": (raw(PLAIN + f"Content-Length: {len(BODY)}\n" * 2 + "\n", BODY), {"ok", "protocol"}, None),
    "/c-differ": (raw(PLAIN + f"Content-Length: 5\nContent-Length: {len(BODY)}\n\n", BODY), {"protocol", "ok", "truncated"}, None),
    "/c-huge": (raw(PLAIN + "Content-Length: 99999999999999999999999\n\n", BODY), CUT | {"ok", "too_large"}, None),
    "/c-2to63": (raw(PLAIN + "Content-Length: 9223372036854775807\n\n", BODY), CUT | {"too_large"}, None),
    "/c-hex": (raw(PLAIN + "Content-Length: 0x10\n\n", BODY), CUT | {"ok"}, None),
    "/c-short": (raw(PLAIN + f"Content-Length: {len(BODY)}\n\n", BODY + b"HTTP/1.1 200 OK\r\n\r\nsmuggled"), OK, 200),
    "/c-zero": (raw(PLAIN + "Content-Length: 0\n\n", BODY), OK, 200),
    "/c-long": (raw(PLAIN + "Content-Length: 100000\n\n", BODY), CUT, None),
    "/c-endless": (endless(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + BODY, b"x" * 65536), {"too_large"}, 200),
    "/c-drip": (endless(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + BODY, b"x", 0.2), {"timeout", "too_slow", "truncated"}, None),
    "/c-stall": (lambda conn, _: time.sleep(8), {"timeout"}, None),
    # chunks
    "/k-badsize": (raw(CHUNKED, b"zz\r\nabc\r\n0\r\n\r\n"), CUT, None),
    "/k-negative": (raw(CHUNKED, b"-5\r\nabc\r\n0\r\n\r\n"), CUT, None),
    "/k-hugesize": (raw(CHUNKED, b"ffffffffffffffffff\r\nabc\r\n0\r\n\r\n"), CUT | {"too_large"}, None),
    "/k-nocrlf": (raw(CHUNKED, b"3\r\nabcdef\r\n0\r\n\r\n"), CUT, None),
    "/k-noend": (raw(CHUNKED, b"%x\r\n" % len(BODY) + BODY + b"\r\n"), CUT, None),
    "/k-endless": (endless(CHUNKED.replace("\n", "\r\n").encode(), b"1000\r\n" + b"x" * 4096 + b"\r\n"), {"too_large"}, 200),
    "/k-extension": (endless(CHUNKED.replace("\n", "\r\n").encode(), b"1;" + b"x" * 4096), CUT | {"too_large", "timeout", "too_slow"}, None),
    "/k-trailers": (endless(CHUNKED.replace("\n", "\r\n").encode() + b"0\r\n", b"X: y\r\n"), CUT | {"too_large", "timeout", "ok"}, None),
    "/k-unknown": (raw(PLAIN + "Transfer-Encoding: klingon\n\n", BODY), CUT | {"ok"}, None),
    # content encodings
    "/e-unknown": (coded("klingon", BODY), {"bad_encoding"}, 200),
    "/e-plain": (coded("gzip", BODY), {"bad_encoding", "ok"}, 200),
    "/e-corrupt": (coded("gzip", gzip.compress(BODY)[:10] + b"\xff" * 50), {"bad_encoding"}, 200),
    "/e-cut": (coded("gzip", gzip.compress(os.urandom(2000))[:1000]), {"truncated"}, 200),
    "/e-empty": (coded("gzip", b""), OK, 200),
    "/e-rest": (coded("gzip", gzip.compress(BODY) + b"rest"), {"ok", "bad_encoding"}, 200),
    "/e-layers": (coded(", ".join(["gzip"] * 30), BODY), {"bad_encoding"}, 200),
    "/e-bomb": (coded("gzip", bomb(200)), {"too_large", "bad_encoding", "parse_timeout"}, 200),
    "/e-bomb2": (coded("gzip, gzip", bomb(200, 2)), {"too_large", "bad_encoding", "parse_timeout"}, 200),
    # links
    "/x-credentials": (page("x", ["http://user:secret@127.0.0.1:{port}/with-credentials"]), OK, 200),
    "/x-repeat/": (page("x", ["/again/again/again/again/again/"]), OK, 200),
    "/x-self": (page("x", ["again/"]), OK, 200),
}

FOUND = ["/%C3%BC-utf8", "/%FC-latin1", "/with%20spaces", "/back", "/lower", "/body", "/with-credentials"]


def growing(prefix):
    """A chain of redirects, or a line of links, without an end."""
    def send(conn, request):
        n = int(request.target.partition("=")[2] or 0)
        conn.sendall(redirect(f"{prefix}?n={n + 1}"))
        return True
    return send


class Replies(unittest.TestCase):
    """Every reply of the table, one crawl."""

    @classmethod
    def setUpClass(cls):
        cls.far = Site({}, host="127.0.0.3")
        cls.site = Site({path: each[0] for path, each in REPLIES.items()})
        site, routes = cls.site, cls.site.routes
        for path, route in routes.items():
            if isinstance(route, bytes) and b"{port}" in route:
                routes[path] = page("x", [f"http://user:secret@127.0.0.1:{site.port}/with-credentials"])
        routes["/"] = page("home", [p for p in REPLIES] + ["/r-far", "/r-grow?n=0", "/after"])
        routes["/r-far"] = redirect(cls.far.url("/far"))
        routes["/r-grow"] = growing("/r-grow")
        for k in range(1, 40):
            routes["/" + "again/" * k] = page("again", ["again/"])
        cls.run_ = crawl(WEIR, [site.url()], "--timeout", "3s", "--retries", "1", "--per-host", "16", "--max-body", "1MB")

    def test_the_crawl_finishes(self):
        self.assertEqual(self.run_.code, 0, self.run_.stderr)
        self.assertEqual(self.run_.summary["finish_reason"], "finished")
        self.assertEqual(self.run_.summary["urls"]["pending"], 0)
        self.assertEqual(self.run_.outcome(self.site.url("/after")), "ok")

    def test_every_url_has_one_record(self):
        self.assertEqual(len(self.run_.records), len(self.run_.pages))

    def test_every_reply_has_its_outcome(self):
        wrong = []
        for path, (_, outcomes, status) in REPLIES.items():
            record = self.run_.pages.get(self.site.url(path), {})
            if record.get("outcome") not in outcomes or (status and record.get("status") != status):
                wrong.append((path, record.get("outcome"), record.get("status"), record.get("error"), "right:", outcomes, status))
        self.assertEqual(wrong, [])

    def test_targets_are_found_and_nothing_else(self):
        targets = [request.target for request in self.site.log]
        for path in FOUND:
            self.assertEqual(targets.count(path), 1, path)
        self.assertEqual([t for t in targets if t.startswith("/never")], [])

    def test_another_host_stays_untouched(self):
        self.assertEqual(self.run_.outcome(self.site.url("/r-far")), "redirect")
        self.assertEqual(self.far.log, [])

    def test_a_chain_without_end_is_given_up(self):
        hops = [r for r in self.run_.records if "/r-grow?" in r["url"]]
        self.assertEqual(len(hops), 11)
        self.assertEqual([r["outcome"] for r in hops if r["hops"] == 10], ["redirect_limit"])

    def test_no_link_makes_credentials(self):
        self.assertEqual([r.target for r in self.site.log if "authorization" in r.headers or "cookie" in r.headers], [])

    def test_a_path_that_repeats_itself_ends(self):
        depth = max(r.target.count("again/") for r in self.site.log)
        self.assertEqual(depth, 4)
        self.assertGreater(self.run_.summary["urls"]["skipped"]["trap"], 0)

    def test_no_more_is_taken_than_the_limit(self):
        for path in ("/c-endless", "/k-endless", "/h-endless"):
            for request in self.site.asked(path):
                self.assertLess(request.sent, 12 << 20, path)  # what the kernel buffers is taken too


def robots_reply(text, status=200, *headers):
    return reply(status, text, *headers, ctype="text/plain")


NO = "User-agent: *\nDisallow: /no\n"
NEVER = "User-agent: *\nDisallow: /\n"


def first_then(first, then):
    """One answer to the first request, another later."""
    asked = []

    def send(conn, request):
        asked.append(request)
        route = first if len(asked) == 1 else then
        if route is None:
            return False
        conn.sendall(route)
        return True
    return send


def hops(n):
    def send(conn, request):
        k = int(request.target.partition("=")[2] or 0)
        conn.sendall(robots_reply(NO) if k >= n else redirect(f"/robots.txt?k={k + 1}"))
        return True
    return send


def late(seconds, route):
    def send(conn, _):
        time.sleep(seconds)
        conn.sendall(route)
        return True
    return send


ALL, SOME, NONE = ("/", "/yes", "/no"), ("/", "/yes"), ()
BIG = "# " + "x" * 97 + "\n"

# robots.txt: what it is, and which of /, /yes and /no may be asked for
ROBOTS = {
    "401": (robots_reply(NEVER, 401), ALL),
    "410": (robots_reply(NEVER, 410), ALL),
    "429": (robots_reply(NEVER, 429, "Retry-After: 1"), ALL),
    "500 once": (first_then(robots_reply("", 500), robots_reply(NO)), SOME),
    "503 with a time": (first_then(robots_reply("", 503, "Retry-After: 6"), robots_reply(NO)), SOME),
    "closed once": (first_then(None, robots_reply(NO)), SOME),
    "five redirects": (hops(5), SOME),
    "six redirects": (hops(6), ALL),
    "a loop": (redirect("/robots.txt"), ALL),
    "a redirect without target": (reply(301), ALL),
    "rules within 500 KiB": (robots_reply(NO + BIG * 6000), SOME),
    "rules behind 500 KiB": (robots_reply(BIG * 6000 + NEVER), ALL),
    "a mark before": (robots_reply("\ufeff" + NO), SOME),
    "HTML": (reply(200, html("no robots", ["/x"])), ALL),
    "zeros": (robots_reply(b"\0\0\0\n" + NO.encode()), SOME),
    "gzip": (robots_reply(gzip.compress(NO.encode()), 200, "Content-Encoding: gzip"), SOME),
    "said to be gzip": (robots_reply(NO, 200, "Content-Encoding: gzip"), SOME),
    "carriage returns": (robots_reply(NO.replace("\n", "\r")), SOME),
    "cut": (raw("HTTP/1.1 200 OK\nContent-Type: text/plain\nContent-Length: 9999\n\n", NO.encode()), SOME),
    "slow": (late(1.5, robots_reply(NO)), SOME),
    "to the close": (raw("HTTP/1.0 200 OK\n\n", NO.encode()), SOME),
    "another's group": (robots_reply("User-agent: weirdo\nDisallow: /\n\n" + NO), SOME),
    "empty": (robots_reply(""), ALL),
    "204": (b"HTTP/1.1 204 X\r\n\r\n", ALL),
}


class Robots(unittest.TestCase):
    """RFC 9309 through a crawl: each robots.txt on a site of its own."""

    @classmethod
    def setUpClass(cls):
        pages = {"/": page("home", ["/yes", "/no"])}
        cls.sites = {name: Site(pages, robots=each[0]) for name, each in ROBOTS.items()}
        elsewhere = Site({"/rules": robots_reply(NO)})
        cls.sites["elsewhere"] = Site(pages, robots=redirect(elsewhere.url("/rules")))
        cls.run_ = crawl(WEIR, [site.url() for site in cls.sites.values()], "--timeout", "5s", "--per-ip", "64")

    def test_what_may_be_asked_is_asked_and_nothing_else(self):
        wrong = {}
        for name, site in self.sites.items():
            right = ROBOTS[name][1] if name in ROBOTS else SOME
            got = tuple(p for p in ALL if site.asked(p))
            if got != right:
                wrong[name] = got
        self.assertEqual(wrong, {})

    def test_what_may_not_is_recorded(self):
        for name, (_, right) in ROBOTS.items():
            if right == SOME:
                self.assertEqual(self.run_.outcome(self.sites[name].url("/no")), "robots_denied", name)

    def test_the_summary_gives_the_reasons(self):
        host = lambda name: self.run_.summary["hosts"]["%s:%d" % (self.sites[name].host, self.sites[name].port)]  # noqa: E731
        self.assertEqual(host("401")["robots"], "allowed by 401")
        self.assertEqual(host("gzip")["robots_decisions"], {"no_rule": 2, "allowed": 0, "denied": 1, "unavailable": 0})

    def test_robots_is_asked_once_and_again_only_after_a_failure(self):
        for name, times in (("401", 1), ("gzip", 1), ("500 once", 2), ("closed once", 2)):
            self.assertEqual(len(self.sites[name].asked("/robots.txt")), times, name)

    def test_a_named_time_is_waited_for(self):
        first, second = self.sites["503 with a time"].asked("/robots.txt")
        self.assertGreaterEqual(second.time - first.time, 5.9)


def most_at_once(requests, seconds):
    """Of requests that each took at least so long: the crawler knows of them before the server does,
    and hears of their end after it."""
    events = sorted([(r.time, 1) for r in requests] + [(r.time + seconds, -1) for r in requests])
    now = most = 0
    for _, step in events:
        now += step
        most = max(most, now)
    return most


class Politeness(unittest.TestCase):
    def test_gaps_and_concurrency_are_those_that_were_asked_for(self):
        slow = {"/": page("home", [f"/{k}" for k in range(12)])}
        for k in range(12):
            slow[f"/{k}"] = late(0.4, page("leaf"))
        sites = [Site(slow) for _ in range(3)]
        run = crawl(WEIR, [s.url() for s in sites], "--delay", "100ms", "--per-host", "2", "--per-ip", "3")
        self.assertEqual(run.summary["urls"]["ok"], 39)
        leaves = [[r for r in site.log if r.target[1:].isdigit()] for site in sites]
        for site, asked in zip(sites, leaves):
            self.assertLessEqual(most_at_once(asked, 0.4), 2)
            starts = sorted(r.time for r in site.log)
            self.assertGreaterEqual((starts[-1] - starts[0]) / (len(starts) - 1), 0.099)
            proof = run.summary["hosts"][f"127.0.0.1:{site.port}"]
            self.assertGreaterEqual(proof["smallest_gap_ms"], 100)
            self.assertLessEqual(proof["max_concurrent"], 2)
        # All three are one address: at most three at any moment.
        most = most_at_once(sum(leaves, []), 0.4)
        self.assertLessEqual(most, 3)
        self.assertGreaterEqual(most, 2)

    def test_a_crawl_delay_is_kept_whatever_the_delay(self):
        site = Site({"/": page("home", ["/1", "/2"])}, robots=robots_reply("User-agent: weir\nCrawl-delay: 0.7\n"))
        begin = time.monotonic()  # the first request may be seen here long after it was sent
        run = crawl(WEIR, [site.url()], "--per-host", "8")
        starts = sorted(r.time for r in site.log if r.target != "/robots.txt")
        self.assertEqual(len(starts), 3)
        self.assertGreaterEqual(starts[2] - begin, 3 * 0.7)
        self.assertGreaterEqual(run.summary["hosts"][f"127.0.0.1:{site.port}"]["smallest_gap_ms"], 699)

    def test_retry_after_is_kept_for_the_whole_host_in_both_forms(self):
        def busy(header):
            def send(conn, request):
                if not hasattr(send, "until"):
                    send.until = time.monotonic() + 2
                early = time.monotonic() < send.until
                conn.sendall(reply(503, b"", header()) if early else page("leaf"))
                return True
            return send
        for header in (lambda: "Retry-After: 2", lambda: "Retry-After: " + formatdate(time.time() + 3, usegmt=True)):
            route = busy(header)
            site = Site({"/a": route, "/b": route, "/c": route})
            run = crawl(WEIR, [site.url(p) for p in ("/a", "/b", "/c")], "--per-host", "1")
            self.assertEqual([r["outcome"] for r in run.records], ["ok"] * 3)
            starts = sorted(r.time for r in site.log if r.target != "/robots.txt")
            self.assertGreaterEqual(starts[1] - starts[0], 1.7)
            self.assertEqual(len(starts), 4)

    def test_a_host_that_wants_a_day_is_not_waited_for(self):
        site = Site({"/": reply(429, b"", "Retry-After: 86400")})
        begin = time.monotonic()
        run = crawl(WEIR, [site.url()])
        self.assertLess(time.monotonic() - begin, 30)
        self.assertEqual(len(site.asked("/")), 1)
        self.assertEqual(run.pages[site.url()]["status"], 429)


class Sitemaps(unittest.TestCase):
    def test_they_are_read_once_and_keep_to_host_and_robots(self):
        far = Site({}, host="127.0.0.3")
        site = Site({})
        ns = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        xml = lambda kind, item, urls: (f'<?xml version="1.0"?><{kind} {ns}>' + "".join(  # noqa: E731
            f"<{item}><loc>{u}</loc></{item}>" for u in urls) + f"</{kind}>").encode()
        urls = lambda *u: xml("urlset", "url", u)  # noqa: E731
        index = lambda *u: xml("sitemapindex", "sitemap", u)  # noqa: E731
        names = ["/index.xml", "/index.xml", "/list.txt", "/gone.xml", "/moved.xml", "/no/hidden.xml", "/bomb.gz",
                 "/broken.xml", "/coded.xml", "/busy.xml", far.url("/far.xml")]
        site.routes.update({
            "/robots.txt": robots_reply("User-agent: *\nDisallow: /no/\n" + "".join(f"Sitemap: {n}\n" for n in names)),
            "/": page("home"),
            "/index.xml": reply(200, index(site.url("/one.xml"), site.url("/two.xml.gz"), site.url("/index.xml"),
                                           far.url("/far2.xml")), ctype="application/xml"),
            "/one.xml": reply(200, urls(site.url("/u1"), site.url("/no/x"), far.url("/page")), ctype="text/xml"),
            "/two.xml.gz": reply(200, gzip.compress(urls(site.url("/u2"))), ctype="application/gzip"),
            "/list.txt": reply(200, site.url("/u3") + "\n" + site.url("/u3") + "\nftp://x/\n", ctype="text/plain"),
            "/gone.xml": reply(404), "/moved.xml": redirect("/there.xml"),
            "/there.xml": reply(200, urls(site.url("/u4"))),
            "/bomb.gz": reply(200, bomb(300), ctype="application/gzip"),
            "/broken.xml": reply(200, b"<urlset><url><loc>" + site.url("/u5").encode() + b"</loc>"),
            "/coded.xml": reply(200, gzip.compress(urls(site.url("/u6"))), "Content-Encoding: gzip"),
            "/busy.xml": first_then(reply(503, b"", "Retry-After: 1"), reply(200, urls(site.url("/u7")))),
            "/no/hidden.xml": reply(200, urls(site.url("/hidden"))),
        })
        run = crawl(WEIR, [site.url("/")], "--sitemaps")
        self.assertEqual(run.code, 0)
        for path in ["/u%d" % k for k in range(1, 8)]:
            self.assertEqual(run.outcome(site.url(path)), "ok", path)
        for path in ("/no/x", "/no/hidden.xml", "/hidden"):
            self.assertEqual(site.asked(path), [], path)
        self.assertEqual(run.outcome(site.url("/no/x")), "robots_denied")
        self.assertEqual(far.log, [])
        for path in ("/index.xml", "/one.xml", "/list.txt", "/there.xml"):
            self.assertEqual(len(site.asked(path)), 1, path)
            self.assertIsNone(run.outcome(site.url(path)), "sitemaps make no records")
        figures = run.summary["fetch"]["sitemaps"]
        self.assertGreaterEqual(figures["urls"], 9)
        self.assertGreaterEqual(figures["read"], 6)
        self.assertGreaterEqual(figures["failed"], 2)

    def test_where_none_is_named_the_usual_place_is_tried(self):
        site = Site({"/": page("home")})
        site.routes["/sitemap.xml"] = reply(200, site.url("/found"), ctype="text/plain")
        self.assertEqual(crawl(WEIR, [site.url()], "--sitemaps").outcome(site.url("/found")), "ok")

    def test_they_are_not_asked_for_unless_wanted(self):
        site = Site({"/": page("home")}, robots=robots_reply("Sitemap: /map.xml\n"))
        crawl(WEIR, [site.url()])
        self.assertEqual([r.target for r in site.log], ["/robots.txt", "/"])

    def test_a_stop_does_not_wait_for_them(self):
        site = Site({"/": page("home", ["/1"])}, robots=robots_reply("".join(f"Sitemap: /{k}.xml\n" for k in range(900))))
        run = crawl(WEIR, [site.url()], "--sitemaps", "--delay", "1s", "--max-time", "2s")
        self.assertEqual(run.summary["finish_reason"], "time_limit")
        self.assertLess(run.summary["elapsed_seconds"], 20)


class Since(unittest.TestCase):
    def test_what_did_not_change_is_not_read_again_but_its_links_are_followed(self):
        def versioned(body, **validators):
            def send(conn, request):
                same = any(request.headers.get(k.replace("_", "-")) == v[1] for k, v in validators.items())
                lines = [v[0] + ": " + v[1] for v in validators.values()]
                conn.sendall(b"HTTP/1.1 304 X\r\n\r\n" if same else reply(200, body, *lines))
                return True
            return send
        date = "Sat, 01 Jan 2022 00:00:00 GMT"
        site = Site({
            "/": versioned(html("home", ["/dated", "/plain"]), if_none_match=("ETag", '"v1"')),
            "/dated": versioned(html("dated", ["/leaf"]), if_modified_since=("Last-Modified", date)),
            "/plain": page("plain"),
        })
        base = tempfile.mkdtemp(prefix="weir-e2e-")
        runs = [os.path.join(base, str(k)) for k in range(3)]
        first = crawl(WEIR, [site.url()], "--links", out=runs[0])
        self.assertEqual({r["outcome"] for r in first.records}, OK)
        for before, out in zip(runs, runs[1:]):  # the second re-crawl knows as much as the first
            run = crawl(WEIR, [site.url()], "--links", "--since", before, out=out)
            self.assertEqual(run.outcome(site.url("/")), "not_modified")
            self.assertEqual(run.outcome(site.url("/dated")), "not_modified")
            self.assertEqual(run.outcome(site.url("/plain")), "ok")
            self.assertEqual(run.outcome(site.url("/leaf")), "ok")
            self.assertEqual(run.pages[site.url("/")]["links"], 2)
        shutil.rmtree(base)

    def test_a_folder_that_is_no_run_is_bad_usage(self):
        with tempfile.TemporaryDirectory() as empty:
            done = subprocess.run([WEIR, "crawl", "http://127.0.0.1:9/", "--since", empty, "--out", empty + "/out"],
                                  capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("pages.jsonl", done.stderr)


class Credentials(unittest.TestCase):
    def test_auth_goes_to_the_hosts_of_the_seeds_alone(self):
        far = Site({"/": page("far")}, host="127.0.0.3")
        site = Site({"/": page("home", ["/in"])})
        site.routes["/in"] = redirect(far.url())
        with tempfile.TemporaryDirectory() as folder:
            config = os.path.join(folder, "crawl.toml")
            with open(config, "w") as file:
                file.write(f'[fetch]\nallow_private = true\n[[list]]\nurls = ["{site.url()}"]\nscope = "any"\n'
                           'auth = "basic me:secret"\n[list.headers]\nCookie = "c=1"\nX-Mine = "yes"\n')
            subprocess.run([WEIR, "crawl", config, "--out", folder + "/run", "--quiet"], check=True)
        for path in ("/", "/in"):
            self.assertEqual(site.asked(path)[0].headers.get("authorization"), "Basic bWU6c2VjcmV0")
            self.assertEqual(site.asked(path)[0].headers.get("cookie"), "c=1")
        headers = far.asked("/")[0].headers
        self.assertNotIn("authorization", headers)
        self.assertNotIn("cookie", headers)
        self.assertEqual(headers.get("x-mine"), "yes")

    def test_a_redirect_to_itself_that_sets_a_cookie_is_asked_once_more(self):
        def wall(conn, request):
            known = "seen=1" in request.headers.get("cookie", "")
            conn.sendall(page("inside") if known else reply(302, b"", "Location: /wall", "Set-Cookie: seen=1"))
            return True
        endless_wall = reply(302, b"", "Location: /endless", "Set-Cookie: a=b")
        site = Site({"/wall": wall, "/endless": endless_wall})
        with tempfile.TemporaryDirectory() as folder:
            run = crawl(WEIR, [site.url("/wall"), site.url("/endless")], "--cookies", folder + "/jar")
        self.assertEqual(run.outcome(site.url("/wall")), "ok")
        self.assertEqual(run.outcome(site.url("/endless")), "redirect_limit")
        self.assertEqual(len(site.asked("/endless")), 2)

    def test_a_list_has_its_own_jar(self):
        def wall(conn, request):
            known = "who=" in request.headers.get("cookie", "")
            conn.sendall(page("inside", [request.target + "/next"]) if known else
                         reply(302, b"", f"Location: {request.target}", f"Set-Cookie: who={request.target[1:]}"))
            return True
        site = Site({path: wall for path in ("/a", "/b", "/c", "/off")})
        with tempfile.TemporaryDirectory() as folder:
            config = os.path.join(folder, "crawl.toml")
            with open(config, "w") as file:
                file.write('[crawl]\nscope = "prefix"\n[fetch]\ndelay = "0ms"\ncookies = "all.jar"\n')
                for name, jar in (("a", 'cookies = "a.jar"'), ("b", 'cookies = "b.jar"'), ("c", ""), ("off", 'cookies = ""')):
                    file.write(f'[[list]]\nname = "{name}"\nurls = ["{site.url("/" + name)}"]\ndepth = 1\n{jar}\n')
            subprocess.run([WEIR, "crawl", config, "--out", folder + "/run", "--quiet"], check=True)
            run = Run(folder + "/run", 0, "")
            jars = {}
            for name in ("a.jar", "b.jar", "all.jar"):
                with open(os.path.join(folder, name)) as file:
                    jars[name] = file.read()
        for name in ("a", "b", "c"):
            self.assertEqual(run.outcome(site.url(f"/{name}")), "ok", name)
            self.assertEqual(len(site.asked(f"/{name}")), 2, name)  # once more, with the cookie
            cookies = [r.headers.get("cookie") for r in site.asked(f"/{name}/next")]
            self.assertEqual(cookies, [f"who={name}"], name)
        for jar, name in (("a.jar", "a"), ("b.jar", "b"), ("all.jar", "c")):
            self.assertEqual([line.split("\t")[5:] for line in jars[jar].splitlines() if "who" in line],
                             [["who", name]], jar)
        self.assertEqual(run.outcome(site.url("/off")), "redirect_limit")
        self.assertEqual([r.headers.get("cookie") for r in site.asked("/off")], [None])


if __name__ == "__main__":
    WEIR = os.path.abspath(sys.argv.pop(1))
    unittest.main()
