"""Signals: the three steps of an end, the log reopened, the tree of threads and processes, and no
process left behind. And what others see of a crawl that runs."""

import os
import re
import signal
import threading

import weir_e2e
from weir_e2e import Server, star

PAGES = 60
QUICK = 20     # pages that are answered at once
TRANSFERS = 8  # how many of the others are held in flight


class Held:
    """A site of which all but some pages are answered only when it is let go."""

    def __init__(self):
        self.gate = threading.Event()
        self.lock = threading.Lock()
        self.waiting = 0
        pages = star(PAGES)
        for n in range(QUICK, PAGES):
            pages[f"/p/{n}"].before = self.wait
        self.server = Server(pages)

    def wait(self):
        with self.lock:
            self.waiting += 1
        self.gate.wait(weir_e2e.LIMIT)

    def all_in_flight(self):
        weir_e2e.wait_until(lambda: self.waiting == TRANSFERS, "all transfers in flight")

    def urls(self):
        return [self.server.url] + [f"{self.server.url}p/{n}" for n in range(PAGES)]

    def __enter__(self):
        self.server.__enter__()
        return self

    def __exit__(self, *unused):
        self.gate.set()
        self.server.__exit__()


class Signals(weir_e2e.Case):
    FLAGS = ["--transfers", str(TRANSFERS), "--parsers", "2", *weir_e2e.FAST]

    def setUp(self):
        super().setUp()
        self.children = set()

    def started(self, site, *flags):
        """A crawl with every transfer held and all else recorded."""
        crawl = self.start(site.server.url, *self.FLAGS, *flags)
        self.addCleanup(crawl.__exit__)
        site.all_in_flight()
        # Lines, since a record may be seen while it is being written.
        records = crawl.folder / "pages.jsonl"
        weir_e2e.wait_until(lambda: records.read_bytes().count(b"\n") == 1 + QUICK, "records")
        weir_e2e.wait_until(crawl.workers, "parsers")
        self.children |= set(weir_e2e.children_of(crawl.pid))
        return crawl

    def no_child_left(self):
        self.assertTrue(self.children)
        weir_e2e.wait_until(lambda: not any(map(weir_e2e.is_alive, self.children)),
                            f"end of {self.children}")

    def drain(self, number):
        with Held() as site:
            crawl = self.started(site)
            crawl.send(number)
            crawl.says("stopping")
            site.gate.set()
            run = crawl.wait()
            self.assert_ended(run, 3, "stopped")
            self.assertEqual(len(run.pages), 1 + QUICK + TRANSFERS)
            self.assertEqual({page["outcome"] for page in run.pages}, {"ok"})
            self.assertEqual(len(site.server.asked_pages()), len(run.pages))
            self.assert_nothing_lost(run, site.urls())
            self.assertEqual(run.summary["urls"]["pending"], len(run.pending))
            self.no_child_left()

            rest = self.crawl("--list", str(run.folder / "pending.txt"), *weir_e2e.FAST)
            self.assert_ended(rest, 0, "finished")
            self.assertEqual(sorted(page["url"] for page in rest.pages), sorted(run.pending))
            self.assertFalse((rest.folder / "pending.txt").exists())

    def test_the_first_sigint_lets_finish_what_is_in_flight(self):
        self.drain(signal.SIGINT)

    def test_sigterm_is_as_the_first_sigint(self):
        self.drain(signal.SIGTERM)

    def test_the_second_drops_transfers(self):
        for io in ("coroutines", "pool"):
            with Held() as site:
                crawl = self.started(site, "--io", io, "--fetch-threads", str(TRANSFERS))
                crawl.send(signal.SIGINT)
                crawl.says("stopping")
                crawl.send(signal.SIGINT)
                run = crawl.wait(weir_e2e.LIMIT / 2)  # before the site lets go by itself
                self.assertFalse(site.gate.is_set())
                self.assert_ended(run, 3, "interrupted")
                self.assertEqual(len(run.pages), 1 + QUICK)
                self.assert_nothing_lost(run, site.urls())
                self.no_child_left()

    def test_the_third_ends_at_once(self):
        with Held() as site:
            # Parsers that do not move keep the second step from ending by itself.
            crawl = self.started(site, "--parse-timeout", "10m")
            for worker in crawl.workers():
                os.kill(worker, signal.SIGSTOP)
            asked = len(site.server.asked_pages())
            site.gate.set()
            weir_e2e.wait_until(lambda: len(site.server.asked_pages()) > asked + 2 * TRANSFERS,
                                "pages for the stopped parsers")
            crawl.send(signal.SIGINT)
            crawl.says("stopping")
            crawl.send(signal.SIGINT)
            crawl.says("dropping")
            self.assertIsNone(crawl.process.poll())
            crawl.send(signal.SIGINT)
            run = crawl.wait()
            self.assertEqual(run.code, 130)
            self.assert_nothing_lost(run, site.urls())
            self.no_child_left()

    def test_parsers_do_not_outlive_a_killed_crawl(self):
        with Held() as site:
            crawl = self.started(site)
            crawl.send(signal.SIGKILL)
            crawl.process.wait()
            self.no_child_left()
            # What had been answered a moment before is on the disk, in whole records.
            text = (crawl.folder / "pages.jsonl").read_text(encoding="utf-8")
            self.assertTrue(text.endswith("\n"))
            self.assertEqual(len(weir_e2e.Run(crawl.folder).pages), 1 + QUICK)

    def test_sighup_reopens_the_log(self):
        with Held() as site:
            crawl = self.started(site)
            log = crawl.folder / "weir.log"
            log.rename(crawl.folder / "weir.log.1")
            crawl.send(signal.SIGHUP)
            weir_e2e.wait_until(log.exists, "a new log")
            site.gate.set()
            run = crawl.wait()
            self.assert_ended(run, 0, "finished")
            self.assertTrue(any("crawl ended" in line for line in run.log))
            old = weir_e2e.read_lines(crawl.folder / "weir.log.1")
            self.assertTrue(any("crawl starts" in line for line in old))
            self.assertFalse(any("crawl ended" in line for line in old))

    def test_sigusr1_has_threads_and_processes_written_down(self):
        with Held() as site:
            crawl = self.started(site)
            crawl.send(signal.SIGUSR1)
            # Each is waited for: the tree may be seen while it is being written.
            tree = [f"process {crawl.pid} "]
            tree += [rf"(?m)^    {name} +(running|waiting) "
                     for name in ("MainThread", "loop", "parse", "store", "ending")]
            tree += [rf"(?m)^  process {worker}, \d+ pages, " for worker in crawl.workers()]
            log = crawl.folder / "weir.log"
            for line in tree:
                weir_e2e.wait_until(
                    lambda: re.search(line, log.read_text(encoding="utf-8").
                                      partition("threads and processes:")[2]),
                    f"{line!r} in the log")
            site.gate.set()
            run = crawl.wait()
            self.assert_ended(run, 0, "finished")

    def test_a_crawl_can_be_looked_at_while_it_runs(self):
        with Held() as site:
            crawl = self.started(site)
            done = weir_e2e.weir("stats", str(crawl.folder))
            self.assertEqual(done.returncode, 0, done.stderr)
            text = done.stdout.decode()
            self.assertIn(f"{crawl.folder} is running, for ", text)
            self.assertIn(f"  {1 + QUICK} pages, ", text)
            self.assertIn(f" {TRANSFERS} in flight, ", text)
            self.assertIn(f"process {crawl.pid} ", text)
            self.assertRegex(text, r"(?m)^    loop +(running|waiting) ")
            for worker in crawl.workers():
                self.assertIn(f"  process {worker}, ", text)
            self.assertEqual((crawl.folder / "live").stat().st_mode & 0o777, 0o600)
            # What has no whole summary cannot be compared.
            both = weir_e2e.weir("stats", str(crawl.folder), str(crawl.folder))
            self.assertEqual(both.returncode, 2)
            self.assertIn(b"still running", both.stderr)
            site.gate.set()
            run = crawl.wait()
            self.assert_ended(run, 0, "finished")
            self.assertFalse((run.folder / "live").exists())
            self.assertFalse((run.folder / "lock").exists())
            self.assertIn(b"bottleneck", weir_e2e.weir("stats", str(run.folder)).stdout.lower())
            threads = run.summary["threads"]
            self.assertEqual(set(threads), {"MainThread", "loop", "parse", "store", "seeds",
                                            "ending", "manager"})
            self.assertGreater(threads["loop"]["voluntary_switches"], 0)
            self.assertEqual(sum(each["pages"] for each in run.summary["processes"]), 1 + PAGES)
            for each in run.summary["processes"]:
                self.assertEqual(each["end"], "exit code 0")
                self.assertGreater(each["peak_rss_bytes"], 1 << 20)

    def test_a_folder_of_a_long_path_can_be_looked_at_too(self):
        with Held() as site:
            # Longer than the path of a socket may be.
            crawl = weir_e2e.Crawl(self.folder / ("long" * 40), site.server.url, *self.FLAGS)
            self.addCleanup(crawl.__exit__)
            site.all_in_flight()
            done = weir_e2e.weir("stats", str(crawl.folder))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(b" is running, for ", done.stdout)

    def test_a_second_crawl_in_the_same_folder_is_told_of_the_first(self):
        with Held() as site:
            crawl = self.started(site)
            before = sorted(os.listdir(crawl.folder))
            second = weir_e2e.weir("crawl", site.server.url, "--out", str(crawl.folder))
            self.assertEqual(second.returncode, 2)
            self.assertIn(f"{crawl.folder} is in use by process {crawl.pid}",
                          second.stderr.decode())
            self.assertEqual(sorted(os.listdir(crawl.folder)), before)
            crawl.send(signal.SIGKILL)
            crawl.process.wait()
            third = weir_e2e.weir("crawl", site.server.url, "--out", str(crawl.folder))
            self.assertEqual(third.returncode, 2)
            self.assertIn("is not empty", third.stderr.decode())
            self.assertIn(b"no summary.json", weir_e2e.weir("stats", str(crawl.folder)).stderr)


if __name__ == "__main__":
    weir_e2e.main()
