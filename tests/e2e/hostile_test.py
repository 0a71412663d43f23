"""Good pages mixed with hostile ones: all of the good right, each of the hostile ended within its
budget under a name.

    hostile_test.py            # 120 good pages, the tricks once, small
    hostile_test.py --full     # 1,000 good pages, 200 hostile ones, up to 100 MB: minutes
"""

import sys

import weir_e2e
from hostile_pages import hostile_pages, huge_pages
from weir_e2e import Reply, Server, page

FULL = "--full" in sys.argv
GOOD = 1000 if FULL else 120
TIMEOUT = 5.0  # seconds, --parse-timeout

# What may become of a hostile page; parse_crash is none of it.
ENDS = {"ok", "too_large", "truncated", "bad_encoding", "parse_refused", "parse_timeout",
        "parse_memory"}


def hostile():
    sizes = (500, 5_000, 20_000, 60_000) if FULL else (1500,)
    pages = {f"/bad/{name}-{size}": (body, headers)
             for size in sizes for name, body, headers in hostile_pages(size)}
    for name, body, headers in huge_pages(100 if FULL else 3):
        pages[f"/bad/{name}"] = (body, headers)
    return pages


def good_body(n):
    text = "".join(f"<p class=t>Sentence {i} of page {n} says nothing new.</p>" for i in range(20))
    links = [f"/good/{(n * 7 + 3) % GOOD}", f"/good/{(n + 1) % GOOD}#x", "/"]
    return page(f"good page {n}", links).replace("</body>", text + "</body>"), links


class Hostile(weir_e2e.Case):
    def crawl_mixed(self, *flags):
        bad = hostile()
        paths = sorted(bad)
        good = [f"/good/{n}" for n in range(GOOD)]
        # Mixed: a hostile page after every few good ones.
        step = max(1, len(good) // len(paths))
        mixed = []
        for i, path in enumerate(good):
            mixed.append(path)
            if i % step == 0 and paths:
                mixed.append(paths.pop())
        mixed += paths
        start = page("start", mixed)

        def site(path):
            if path == "/":
                return Reply(start)
            if path in bad:
                return Reply(bad[path][0], headers=bad[path][1])
            if path.startswith("/good/"):
                return Reply(good_body(int(path[6:]))[0])
            return None

        with Server(site) as server:
            with self.start(server.url, "--links", "--max-body", "128MiB", "--memory", "256MiB",
                            "--transfers", "8", "--parse-timeout", f"{TIMEOUT:.0f}s", *flags,
                            *weir_e2e.FAST) as crawl:
                run = crawl.wait(limit=1500 if FULL else 120)
            self.assert_ended(run, 0, "finished")
            records = {line["url"].removeprefix(server.url[:-1]): line for line in run.pages}
            links = {url.removeprefix(server.url[:-1]): to for url, to in run.links.items()}
            for n, path in enumerate(good):
                wanted = [server.url[:-1] + link.split("#")[0] for link in good_body(n)[1]]
                self.assertEqual((records[path]["outcome"], records[path]["title"], links[path]),
                                 ("ok", f"good page {n}", wanted))
            ends = {}
            for path in bad:
                record = records[path]
                self.assertIn(record["outcome"], ENDS, f"{path}: {record['error']}")
                self.assertLess(record["parse_ms"], 1000 * 2 * TIMEOUT, path)
                ends.setdefault(record["outcome"], []).append(path)
                aside = record["outcome"] in ("parse_timeout", "parse_memory")
                self.assertEqual(record["quarantine"] is not None, aside, path)
            self.assertEqual(run.summary["parse"]["crashes"], 0)
            worst = sorted(bad, key=lambda path: -records[path]["parse_ms"])[:3]
            print(f"{len(good)} good pages right, {len(bad)} hostile ones: "
                  + ", ".join(f"{len(paths)} {name}" for name, paths in sorted(ends.items()))
                  + "; slowest " + ", ".join(f"{path} {records[path]['parse_ms']:.0f} ms"
                                             for path in worst))
            return ends

    def test_hostile_pages_among_good_ones(self):
        ends = self.crawl_mixed()
        # Whatever the machine: depth and attributes are refused by a look at the bytes.
        if FULL:
            self.assertIn("/bad/nested-div-60000", ends["parse_refused"])
            self.assertIn("/bad/attributes-on-a-tag-60000", ends["parse_refused"])

    def test_hostile_pages_among_good_ones_with_selectors(self):
        if not FULL:
            self.skipTest("--full only")
        self.crawl_mixed("--extract", "a=div div div div div div", "--extract", "b=p ~ p > b::text")


if __name__ == "__main__":
    sys.argv = [arg for arg in sys.argv if arg != "--full"]
    weir_e2e.main()
