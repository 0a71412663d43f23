"""What pages say, in the records and in the summary: selectors, duplicates, hosts, robots rules."""

import json
import random

import weir_e2e
from weir_e2e import Reply, Server, page

SHOP = """<!doctype html><title>{name}</title><h1>The {name}</h1>
<div class="item"><span class="price">{price} <b>EUR</b></span>
<img class="hero" src="/i/{name}.jpg"><ul class=tags><li>a<li>b</ul></div>
<script type="application/ld+json">{{"@type": "Product", "sku":  "{name}"}}</script>"""

EXTRACT = """
[extract]
name = "h1"
price = "span.price::text"
image = "img.hero::attr(src)"
tags = "ul.tags > li"
data = 'script[type="application/ld+json"]::text'
none = "table td"
"""


class Extract(weir_e2e.Case):
    def site(self):
        pages = {f"/{name}": Reply(SHOP.format(name=name, price=price))
                 for name, price in (("lamp", "9.99"), ("rug", "120.00"))}
        pages["/"] = Reply(page("start", ["/lamp", "/rug", "/text"]))
        pages["/text"] = Reply("no page", kind="text/plain")
        return pages

    def test_what_selectors_find_is_in_the_records_whoever_parses(self):
        with Server(self.site()) as server:
            config = self.write("shop.toml", EXTRACT + f"""
[[list]]
urls = ["{server.url}"]
scope = "host"
""")
            for mode in ("processes", "threads", "inline"):
                run = self.crawl(config, "--parse", mode, *weir_e2e.FAST)
                self.assert_ended(run, 0, "finished")
                found = {line["url"].removeprefix(server.url): line["extract"]
                         for line in run.pages}
                self.assertEqual(found["lamp"], {
                    "name": "The lamp", "price": "9.99", "image": "/i/lamp.jpg",
                    "tags": ["a", "b"], "data": '{"@type": "Product", "sku":  "lamp"}',
                    "none": None})
                self.assertEqual(found["rug"]["price"], "120.00")
                self.assertEqual(found[""], {"name": None, "price": None, "image": None,
                                             "tags": None, "data": None, "none": None})
                self.assertIsNone(found["text"])
                extract = run.summary["parse"]["extract"]
                self.assertEqual(extract["names"]["tags"], {"pages": 2, "values": 4})
                self.assertEqual(extract["names"]["none"], {"pages": 0, "values": 0})
                self.assertEqual(extract["dropped"], 0)
            shown = weir_e2e.weir("stats", str(run.folder)).stdout.decode()
            self.assertRegex(shown, r"tags +4 values on 2 pages")
            # Flags stand in place of the table.
            run = self.crawl(config, "--extract", "a=h1, title", *weir_e2e.FAST)
            self.assertEqual({line["url"]: line["extract"] for line in run.pages}[server.url],
                             {"a": "start"})

    def test_a_record_may_be_larger_than_any_buffer(self):
        words = "".join(f"<p title='{n} {'x' * 3000}'>" for n in range(120))
        with Server({"/": Reply(page("start", ["/large", "/after"])),
                     "/large": Reply(f"<title>large</title>{words}"),
                     "/after": Reply(page("after"))}) as server:
            run = self.crawl(server.url, "--extract", "t=p::attr(title)", *weir_e2e.FAST)
            self.assert_ended(run, 0, "finished")
            records = {line["url"]: line for line in run.pages}
            self.assertEqual(len(records), 3)
            values = records[server.url + "large"]["extract"]["t"]
            # 256 KiB of a page; 100 values of a name.
            self.assertEqual(values, [f"{n} {'x' * 3000}" for n in range(len(values))])
            self.assertEqual(len(values), 256 * 1024 // 3003)
            self.assertEqual(run.summary["parse"]["extract"]["dropped"], 120 - len(values))

    def test_inspect_finds_the_same_with_and_without_a_sandbox(self):
        file = self.write("lamp.html", SHOP.format(name="lamp", price="9.99"))
        for sandbox in ([], ["--sandbox"]):
            done = weir_e2e.weir("inspect", "extract", file, "--select", "p=span.price::text",
                                 "--select", "t=li", *sandbox)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stdout.decode(), r'p +9.99\n +t +\["a","b"\]')
        record = json.dumps({"html": "<p>x<p>y", "select": ["p=p"]}).encode()
        done = weir_e2e.weir("inspect", "extract", "--jsonl", input=record)
        self.assertEqual(json.loads(done.stdout)["got"], {"p": ["x", "y"]})
        done = weir_e2e.weir("inspect", "extract", file, "--select", "p=span..price")
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"p: column 6 of 'span..price': expected a class name", done.stderr)

    def test_a_bad_selector_ends_weir_before_anything_is_fetched(self):
        with Server(self.site()) as server:
            seeds = f'[[list]]\nurls = ["{server.url}"]\n'
            for text, where in (
                    ('[extract]\na = "h1"\nb = "h1 > "\n',
                     "bad.toml:3: extract.b: column 6 of 'h1 > ': expected a selector"),
                    ('[parse]\nextract = [\n"a=h1",\n"b=h1:hover"]\n',
                     "bad.toml:4: extract.b: column 4 of 'h1:hover': expected root, empty"),
                    ('[parse]\nextract = ["a=h1", "a=h2"]\n', "bad.toml:2: extract.a: the name")):
                run = self.crawl(self.write("bad.toml", text + seeds))
                self.assertEqual(run.code, 2, run.stderr)
                self.assertIn(where, run.stderr)
            good = self.write("good.toml", '[extract]\na = "h1"\n' + seeds)
            run = self.crawl(good, "--extract", "x=[")
            self.assertEqual(run.code, 2, run.stderr)
            self.assertIn("--extract: extract.x: column 2 of '[': expected the name", run.stderr)
            self.assertEqual(server.asked, [])


class Summary(weir_e2e.Case):
    def test_duplicates_and_hosts(self):
        words = [f"word{n}" for n in range(3000)]

        def text(seed):
            return " ".join(random.Random(seed).choices(words, k=800))

        pages = {"/a": f"<title>One</title><p>{text(1)}",
                 "/b": f"<title>One</title><p>{text(1)}",             # as /a
                 "/c": f"<title>Other</title><p>{text(1)} signed",     # nearly
                 "/d": f"<meta charset=windows-1251><title></title><p>{text(2)}",
                 "/e": f"<html lang=de><title>Five</title><p>{text(3)}<a rel='nofollow me' href=/a>"}
        pages = {path: Reply(body, kind="text/html") for path, body in pages.items()}
        pages["/d"].kind = "text/html; charset=koi8-r"
        pages["/f"] = Reply("no gzip", headers=[("Content-Encoding", "gzip")])
        pages["/"] = Reply(page("start", sorted(pages)))
        with Server(pages) as server, Server({"/": Reply(page("alone"))}) as other:
            run = self.crawl(server.url, other.url, "--transfers", "1", "--per-host", "1",
                             "--delay", "0ms", "--parsers", "1")
            self.assert_ended(run, 0, "finished")
            said = run.summary["parse"]
            exact, near = said["duplicates"]["exact"], said["duplicates"]["near"]
            self.assertEqual((exact["pages"], exact["groups"]), (1, 1))
            self.assertEqual(exact["largest"], [{"pages": 2, "urls": [server.url + "a",
                                                                      server.url + "b"]}])
            self.assertEqual((near["pages"], near["groups"]), (1, 1))
            self.assertEqual(near["largest"], [{"pages": 2, "urls": [server.url + "a",
                                                                     server.url + "c"]}])
            self.assertEqual(said["duplicates"]["not_compared"], 0)
            self.assertEqual(said["titles"], {"missing": 1, "repeated": 1})
            self.assertEqual(said["errors"]["bad_encoding"], 1)
            self.assertEqual(sum(said["errors"].values()), 1)
            self.assertEqual(said["links"]["by_rel"], {"me": 1, "nofollow": 1})
            self.assertEqual(said["links"]["by_kind"]["nav"], 7)
            self.assertEqual(said["charset_declared"]["KOI8-R"], 1)

            host = run.summary["hosts"][server.url.split("/")[2]]["parse"]
            self.assertEqual(host["pages"], 6)
            self.assertEqual(host["errors"], 1)
            self.assertEqual(host["titles"], {"missing": 1, "repeated": 1})
            self.assertEqual(host["duplicates"], {"exact": 1, "near": 1})
            self.assertEqual(host["tables"]["languages"], {"(none)": 5, "de": 1})
            self.assertEqual(host["tables"]["charsets"]["KOI8-R"], 1)
            self.assertEqual(host["tables"]["links_by_rel"], {"me": 1, "nofollow": 1})
            self.assertGreater(host["tables"]["page_bytes"]["p50"], 4000)
            alone = run.summary["hosts"][other.url.split("/")[2]]["parse"]
            self.assertEqual((alone["pages"], alone["titles"]["missing"]), (1, 0))
            shown = weir_e2e.weir("stats", str(run.folder)).stdout.decode()
            for line in (r"duplicates, exact +1\n", r"duplicates, near +1\n", r"bad_encoding 1\n",
                         rf"Same bytes.*\n +2  {server.url}a\n +{server.url}b",
                         r"rel +me 1, nofollow 1", r"127.0.0.1:\d+ +6 +1 +1 +1 +1 +1 "):
                self.assertRegex(shown, line)


class RobotsRules(weir_e2e.Case):
    """docs/politeness.md, "nofollow and noindex"."""

    def test_which_links_are_followed(self):
        def says(head="", rel="", headers=(), body=""):
            return lambda path: Reply(
                f"<!doctype html><title>x</title>{head}<a {rel} href='{path}/child'>x</a>{body}",
                headers=list(headers))

        cases = {
            # path: (page, followed, what the record says)
            "/plain": (says(), True, None),
            "/rel": (says(rel="rel='noopener NoFollow'"), False, None),
            "/ugc": (says(rel="rel='ugc sponsored'"), True, None),
            "/meta": (says("<meta name=robots content='index, NOFOLLOW'>"), False, "nofollow"),
            "/none": (says("<meta name=ROBOTS content=none>"), False, "noindex,nofollow"),
            "/noindex": (says("<meta name=robots content=noindex>"), True, "noindex"),
            "/mine": (says("<meta name=testbot content=nofollow>"), False, "nofollow"),
            "/other": (says("<meta name=otherbot content=nofollow>"), True, None),
            "/header": (says(headers=[("X-Robots-Tag", "noarchive, nofollow")]), False, "nofollow"),
            "/header-mine": (says(headers=[("X-Robots-Tag", "TestBot: none")]), False,
                             "noindex,nofollow"),
            "/header-other": (says(headers=[("X-Robots-Tag", "otherbot: none")]), True, None),
            "/both": (says("<meta name=robots content=noindex>",
                           headers=[("X-Robots-Tag", "nofollow")]), False, "noindex,nofollow"),
        }

        def site(path):
            if path == "/":
                return Reply(page("start", sorted(cases)))
            if path in cases:
                return cases[path][0](path)
            return Reply(page("child")) if path.endswith("/child") else None

        with Server(site) as server:
            run = self.crawl(server.url, "--user-agent", "testbot/1.0", *weir_e2e.FAST)
            self.assert_ended(run, 0, "finished")
            records = {line["url"].removeprefix(server.url.rstrip("/")): line for line in run.pages}
            for path, (_, followed, robots) in cases.items():
                self.assertEqual(path + "/child" in records, followed, path)
                self.assertEqual(records[path]["robots"], robots, path)
                self.assertEqual(records[path]["links"], 1, path)  # counted, whatever the rule
            refused = sum(not followed for _, followed, _ in cases.values())
            self.assertEqual(run.summary["urls"]["skipped"]["nofollow"], refused)
            self.assertEqual(run.summary["parse"]["robots"]["noindex"],
                             sum("noindex" in (robots or "") for _, _, robots in cases.values()))


if __name__ == "__main__":
    weir_e2e.main()
