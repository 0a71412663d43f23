"""Limits that the user sets, and the one that the disk sets: what is left is in pending.txt."""

import os
import resource
import subprocess
import threading

import weir_e2e
from weir_e2e import Reply, Server, page, star


class Limits(weir_e2e.Case):
    PAGES = 40

    def urls(self, server):
        return [server.url] + [f"{server.url}p/{n}" for n in range(self.PAGES)]

    def test_max_pages_is_exact(self):
        with Server(star(self.PAGES)) as server:
            for limit in (1, 17, self.PAGES):
                before = len(server.asked_pages())
                run = self.crawl(server.url, "--max-pages", str(limit), *weir_e2e.FAST)
                self.assert_ended(run, 0, "page_limit")
                self.assertEqual(len(run.pages), limit)
                self.assertEqual(len(server.asked_pages()) - before, limit)
                self.assert_nothing_lost(run, self.urls(server))
            # A limit that is just enough has cut nothing.
            run = self.crawl(server.url, "--max-pages", str(self.PAGES + 1), *weir_e2e.FAST)
            self.assert_ended(run, 0, "finished")
            self.assertFalse((run.folder / "pending.txt").exists())

    def test_max_time_ends_a_crawl_that_would_take_longer(self):
        with Server(star(self.PAGES)) as server:
            # Long enough to learn of all the pages, too short to ask for them.
            run = self.crawl(server.url, "--max-time", "5s", "--delay", "300ms")
            self.assert_ended(run, 0, "time_limit")
            self.assertLess(len(run.pages), self.PAGES)
            self.assert_nothing_lost(run, self.urls(server))

    def test_depth_counts_links_from_a_seed(self):
        pages = {f"/{n}": Reply(page(str(n), [f"/{n + 1}"])) for n in range(9)}
        with Server(pages) as server:
            for depth in (0, 1, 5):
                run = self.crawl(server.url + "0", "--depth", str(depth), *weir_e2e.FAST)
                self.assert_ended(run, 0, "finished")
                self.assertEqual({line["url"]: line["depth"] for line in run.pages},
                                 {f"{server.url}{n}": n for n in range(depth + 1)})
                self.assertEqual(run.summary["urls"]["skipped"]["depth"], 1)

    def test_max_per_host_and_per_dir(self):
        pages = {f"/{folder}/{n}": Reply(page(f"{folder} {n}"))
                 for folder in ("a", "b") for n in range(9)}
        pages["/"] = Reply(page("start", sorted(pages)))
        with Server(pages) as server:
            run = self.crawl(server.url, "--max-per-host", "7", *weir_e2e.FAST)
            self.assert_ended(run, 0, "finished")
            self.assertEqual(len(run.pages), 7)
            self.assertEqual(run.summary["urls"]["skipped"]["max_per_host"], 12)
            run = self.crawl(server.url, "--max-per-dir", "4", *weir_e2e.FAST)
            self.assert_ended(run, 0, "finished")
            folders = [line["url"].removeprefix(server.url)[:1] for line in run.pages]
            self.assertEqual([folders.count(name) for name in ("", "a", "b")], [1, 4, 4])

    def test_as_many_transfers_as_the_hard_limit_of_descriptors_allows(self):
        count = 150
        asked = threading.Barrier(count)
        pages = {f"/p/{n}": Reply(page(str(n)), before=lambda: asked.wait(weir_e2e.LIMIT))
                 for n in range(count)}

        def few_descriptors():
            resource.setrlimit(resource.RLIMIT_NOFILE, (100, 1000))

        with Server(pages) as server:
            urls = self.write("urls.txt", "".join(f"{server.url}p/{n}\n" for n in range(count)))
            run = self.crawl("--list", urls, "--transfers", str(count), "--no-robots", "--delay",
                             "0ms", "--per-host", "1000", "--per-ip", "1000",
                             before=few_descriptors)
            self.assert_ended(run, 0, "finished")
            self.assertEqual(set(run.outcomes().values()), {"ok"})


class FullDisk(weir_e2e.Case):
    PAGES = 3000

    def site(self):
        """Pages whose records fill a disk: each has a long description."""
        pages = star(self.PAGES)
        for n in range(self.PAGES):
            pages[f"/p/{n}"] = Reply(f"<title>{n}</title><meta name=description content='"
                                     + f"{n} " * 300 + f"'><a href='/p/{n}/{'x' * 900}' rel=nofollow>x</a>")
        return pages

    def check(self, run, pending, server):
        self.assertEqual(run.code, 4, run.stderr)
        self.assertIn("No space left" if "space" in run.stderr else "File too large", run.stderr)
        text = (run.folder / "pages.jsonl").read_bytes()
        self.assertTrue(text == b"" or text.endswith(b"\n"))
        everything = [server.url] + [f"{server.url}p/{n}" for n in range(self.PAGES)]
        done = [line["url"] for line in run.pages]
        self.assertEqual(sorted(done + pending), sorted(everything))
        self.assertGreater(len(done), 50)
        self.assertLess(len(done), len(everything))
        return done

    def test_a_full_disk_ends_the_crawl_and_loses_nothing(self):
        temporary = self.folder / "tmp"
        temporary.mkdir()
        disk = self.folder / "disk"
        disk.mkdir()
        # In a name space of its own, so that nothing stays mounted; the folder is read in there.
        script = ('mount -t tmpfs -o size=1m none "$1" || exit 77; shift; "$@"; code=$?; '
                  'cp -r "$DISK/run" "$KEEP"; exit $code')
        with Server(self.site()) as server:
            env = {"DISK": str(disk), "KEEP": str(self.folder / "kept"), "TMPDIR": str(temporary),
                   "PATH": os.environ["PATH"]}
            done = subprocess.run(
                ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh",
                 str(disk), weir_e2e.WEIR, "crawl", server.url, "--out", str(disk / "run"),
                 "--links", *weir_e2e.FAST],
                capture_output=True, text=True, check=False, env=env, timeout=weir_e2e.LIMIT)
            if done.returncode in (1, 77) and not (self.folder / "kept").exists():
                self.skipTest(f"no disk of one's own here: {done.stderr.strip()}")
            run = weir_e2e.Run(self.folder / "kept", done.returncode, done.stdout, done.stderr)
            # There may be no room for pending.txt either: then it is elsewhere, and weir says so.
            elsewhere = list(temporary.iterdir())
            pending = weir_e2e.read_lines(elsewhere[0]) if elsewhere else run.pending
            if elsewhere:
                self.assertIn(str(elsewhere[0]), run.stderr)
            recorded = self.check(run, pending, server)
            missing = set(recorded) - set(run.links)
            self.assertFalse(missing, "recorded without links")
            print(f"{len(recorded)} records, {len(pending)} pending, "
                  f"{'elsewhere' if elsewhere else 'in the run folder'}")

    def test_a_limit_on_the_size_of_files(self):
        # Small slots, since the memory of bodies is a file too.
        def limited():
            resource.setrlimit(resource.RLIMIT_FSIZE, (40 << 20, 40 << 20))
        with Server({"/": Reply(page("start", ["/a", "/b"])),
                     "/a": Reply(page("a")), "/b": Reply(page("b"))}) as server:
            run = self.crawl(server.url, "--transfers", "4", "--queue", "4", "--max-body", "64KiB",
                             *weir_e2e.FAST, before=limited)
            self.assert_ended(run, 0, "finished")
            too_large = self.crawl(server.url, before=limited)  # its slots are beyond the limit
            self.assertEqual(too_large.code, 4, too_large.stderr)
            self.assertEqual(too_large.pages, [])


if __name__ == "__main__":
    weir_e2e.main()
