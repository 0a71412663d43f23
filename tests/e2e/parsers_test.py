"""Parsers that die, hang or are given hostile pages: a page hurts only itself."""

import contextlib
import itertools
import os
import random
import shlex
import signal
import subprocess
import threading

import weir_e2e
from weir_e2e import Reply, Server, page


def nested(count):
    return "<!doctype html><title>deep</title>" + "<div>" * count


class Killed(weir_e2e.Case):
    def site(self, count):
        """A tree of pages, each with a title, a text and links that depend on its number."""
        def body(n):
            links = [f"/p/{child}" for child in (3 * n + 1, 3 * n + 2, 3 * n + 3) if child < count]
            links += [f"/p/{(n * 7 + 1) % count}#part", "/p/0"]
            text = f"<p>The text of page {n}.</p>" * 200
            return page(f"page {n}", links).replace("</body>", text + "</body>")
        return {f"/p/{n}": Reply(body(n)) for n in range(count)}

    def test_parsers_killed_at_random_lose_no_page(self):
        count = 900
        chance = random.Random(7)
        with Server(self.site(count)) as server:
            start = server.url + "p/0"
            calm = self.crawl(start, "--links", *weir_e2e.FAST)
            self.assertEqual(calm.code, 0, calm.stderr)
            self.assertEqual(len(calm.pages), count)

            kills = []
            requests = itertools.count(1)
            started = threading.Event()

            def kill_now_and_then():
                # Before every 40th answer. Fewer pages are on their way at once, so there are never
                # five deaths without a page between.
                if next(requests) % 40:
                    return
                started.wait(weir_e2e.LIMIT)
                workers = crawl.workers()
                if workers:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(chance.choice(workers), signal.SIGKILL)
                        kills.append(workers)

            for reply in server.pages.values():
                reply.before = kill_now_and_then
            with self.start(start, "--links", "--parsers", "3", "--queue", "16", "--transfers",
                            "16", *weir_e2e.FAST) as crawl:
                started.set()
                run = crawl.wait()
            self.assert_ended(run, 0, "finished")
            self.assertGreater(len(kills), 5, "too few parsers were killed to prove anything")
            self.assertGreater(run.summary["parse"]["crashes"], 0)
            self.assertEqual(len(run.pages), count)
            self.assertEqual(run.records(with_links=True), calm.records(with_links=True))
            print(f"{len(kills)} parsers killed, {run.summary['parse']['crashes']} deaths counted, "
                  f"{len(run.pages)} pages right")

    def test_a_page_of_100000_nested_divs_gets_an_outcome(self):
        pages = weir_e2e.star(20)
        pages["/"] = Reply(page("start", ["/deep", "/deeper"] + [f"/p/{n}" for n in range(20)]))
        pages["/deep"] = Reply(nested(100_000))
        # What no look at the bytes can refuse: formatting elements that are opened again and again.
        pages["/deeper"] = Reply("<title>b</title>" + "<p><b><i><u><a><font>" * 5000)
        with Server(pages) as server:
            for mode in ("processes", "threads", "inline"):
                run = self.crawl(server.url, "--parse", mode, *weir_e2e.FAST)
                self.assert_ended(run, 0, "finished")
                outcomes = run.outcomes()
                self.assertEqual(len(outcomes), 23)
                # Only what killed or exhausted a parser is set aside.
                for line in run.pages:
                    self.assertEqual(line["quarantine"] is not None,
                                     line["outcome"] in ("parse_timeout", "parse_memory"), line)
                self.assertIn(outcomes[server.url + "deep"],
                              ("parse_refused", "parse_timeout", "parse_memory"))
                self.assertIn(outcomes[server.url + "deeper"],
                              ("ok", "parse_refused", "parse_timeout", "parse_memory"))
                print(f"--parse {mode}: nested {outcomes[server.url + 'deep']}, "
                      f"reopened {outcomes[server.url + 'deeper']}")
                self.assertEqual(sum(outcome == "ok" for url, outcome in outcomes.items()
                                     if "deep" not in url), 21)

    def test_headers_beyond_any_measure_hurt_only_their_page(self):
        pages = weir_e2e.star(3)
        pages["/"] = Reply(page("start", ["/long", "/many", "/p/0", "/" + "u" * 60_000]))
        pages["/long"] = Reply(page("long"), headers=[("Link", "<" + "a" * 60_000 + ">; rel=next")])
        pages["/many"] = Reply(page("many"), headers=[
            (name, "x" * 20_000) for name in ("Content-Language", "Link", "Refresh",
                                              "X-Robots-Tag", "Content-Disposition", "Link")])
        with Server(pages) as server:
            run = self.crawl(server.url, *weir_e2e.FAST)
            self.assertEqual(run.code, 0, run.stderr)
            outcomes = run.outcomes()
            self.assertEqual(len(outcomes), 4, outcomes)
            # The link of 60,000 bytes is not followed.
            self.assertEqual(run.summary["urls"]["unique"], 4)
            self.assertEqual(outcomes[server.url + "p/0"], "ok")
            self.assertEqual(outcomes[server.url + "long"], "ok")


class OutOfTime(weir_e2e.Case):
    def test_a_page_that_takes_too_long_is_set_aside_with_a_command_that_repeats_it(self):
        # Large enough to take several times the limit. Its URL is what a careless command would hand
        # to the shell.
        slow = "<!doctype html><title>slow</title>" + f"<p>{'words ' * 10}</p>" * 150_000
        path = "/slow';false;'"
        with Server({path: Reply(slow)}) as server:
            run = self.crawl(server.url + path[1:], "--parse-timeout", "40ms", "--parsers", "1",
                             *weir_e2e.FAST)
            self.assert_ended(run, 0, "finished")
            [record] = run.pages
            self.assertEqual(record["outcome"], "parse_timeout")
            self.assertEqual(run.summary["parse"]["timeouts"], 1)
            aside = run.folder / record["quarantine"]
            self.assertEqual(aside.read_bytes(), slow.encode())
            lines = [line for line in run.log if "repeat it with: " in line]
            self.assertEqual(len(lines), 1, run.log)
            self.assertIn(record["url"], lines[0])
            command = lines[0].split("repeat it with: ")[1]
            self.assertTrue(command.startswith("weir inspect "), command)
            again = subprocess.run(["sh", "-c", shlex.quote(weir_e2e.WEIR) + command[4:]],
                                   capture_output=True, text=True, check=False, timeout=60)
            self.assertEqual((again.returncode, again.stderr), (1, ""))
            self.assertRegex(again.stdout, "parse_timeout: killed after 40ms")

    def test_a_stopped_parser_is_killed_at_the_limit_and_only_its_page_suffers(self):
        held = threading.Event()
        pages = weir_e2e.star(30)
        pages["/"] = Reply(page("start", ["/held"] + [f"/p/{n}" for n in range(30)]))
        pages["/held"] = Reply(page("held"), before=lambda: held.wait(weir_e2e.LIMIT))
        with Server(pages) as server:
            with self.start(server.url, "--parse-timeout", "3s", "--parsers", "1",
                            *weir_e2e.FAST) as crawl:
                weir_e2e.wait_until(lambda: len(server.asked_pages()) == 32, "all but one asked")
                worker = weir_e2e.wait_until(crawl.workers, "a parser")[0]
                weir_e2e.wait_until(lambda: weir_e2e.stat_of(worker)[0] == "S", "an idle parser")
                os.kill(worker, signal.SIGSTOP)
                held.set()
                run = crawl.wait()
            self.assert_ended(run, 0, "finished")
            outcomes = run.outcomes()
            self.assertEqual(len(outcomes), 32)
            late = [url for url, outcome in outcomes.items() if outcome == "parse_timeout"]
            self.assertLessEqual(len(late), 1)
            self.assertEqual(sum(outcome == "ok" for outcome in outcomes.values()),
                             32 - len(late))
            self.assertFalse(weir_e2e.is_alive(worker))


if __name__ == "__main__":
    weir_e2e.main()
