"""What a user types and writes: bad uses are refused before anything is fetched, good ones add up."""

import gzip
import os
import pty
import subprocess

import weir_e2e
from weir_e2e import Reply, Server, page


class Refused(weir_e2e.Case):
    def setUp(self):
        super().setUp()
        server = Server(weir_e2e.star(3))
        server.__enter__()
        self.addCleanup(server.__exit__)
        self.server = server
        self.cwd = self.folder / "cwd"
        self.cwd.mkdir()

    def refuse(self, arguments, *words, env=None, stdin=None):
        out = self.cwd / "run"
        done = weir_e2e.weir("crawl", *arguments, "--out", str(out), cwd=self.cwd, env=env or {},
                             stdin=stdin)
        error = done.stderr.decode()
        self.assertEqual(done.returncode, 2, f"{arguments}: {error}")
        for word in words:
            self.assertIn(word, error, arguments)
        self.assertEqual(done.stdout, b"", arguments)
        self.assertEqual(self.server.asked, [], f"{arguments}: something was fetched")
        self.assertEqual(list(self.cwd.iterdir()), [], f"{arguments}: something was made")

    def test_bad_configs_name_file_line_and_key(self):
        seeds = f'[[list]]\nurls = ["{self.server.url}"]\n'
        cases = [
            (seeds + "[fetch]\ntransferz = 3\n", 4, "transferz", "transfers"),
            (seeds + "[fech]\ntransfers = 3\n", 3, "fech", "fetch"),
            (seeds + '[fetch]\ntransfers = "many"\n', 4, "transfers", "number"),
            (seeds + "[fetch]\ntransfers = 0\n", 4, "transfers", "number"),
            (seeds + "[fetch]\ntransfers = 2.5\n", 4, "transfers", "number"),
            (seeds + '[fetch]\ntimeout = "3 parsecs"\n', 4, "timeout", "30s"),
            (seeds + "[fetch]\ntimeout = 3\n", 4, "timeout", "30s"),
            (seeds + '[fetch]\nmax_body = "ten"\n', 4, "max_body", "10MiB"),
            (seeds + '[fetch]\nio = "carrier pigeon"\n', 4, "io", "coroutines"),
            (seeds + '[crawl]\nrobots = "perhaps"\n', 4, "robots", "true"),
            (seeds + 'exclude = ["(unclosed"]\n', 3, "exclude", "regular expression"),
            (seeds + 'include = "*"\n', 3, "include", ""),
            (seeds + 'scope = "galaxy"\n', 3, "scope", "domain"),
            (seeds + 'depth = -1\n', 3, "depth", ""),
            (seeds + 'headers = ["no colon"]\n', 3, "headers", "Name: value"),
            (seeds + 'files = ["not-there.txt"]\n', 3, "files", "not-there.txt"),
            (seeds + '[[list]]\nname = "empty"\n', 3, "", ""),
            (seeds + "[fetch]\ntransfers = 3\ntransfers = 4\n", 5, "transfers", ""),
            (seeds + "[fetch\n", 3, "", ""),
            ('[[list]]\nurls = ["http://[bad/"]\n', 2, "", "http://[bad/"),
            ('[[list]]\nurls = ["ftp://example.org/"]\n', 2, "", "ftp://example.org/"),
            ("[crawl]\nmax_pages = 3\n", 0, "", "[[list]]"),
        ]
        for text, line, key, expected in cases:
            config = self.write("bad.toml", text)
            self.refuse([config], f"bad.toml:{line}" if line else "bad.toml", key, expected)

    def test_bad_flags_and_values(self):
        url = self.server.url
        self.refuse([url, "--transferz", "3"], "--transferz", "--transfers")
        self.refuse([url, "--transfers", "many"], "--transfers")
        self.refuse([url, "--delay", "soon"], "--delay")
        self.refuse([url, "--exclude", "("], "--exclude")
        self.refuse([url, "--max-pages"], "--max-pages")
        self.refuse([url, "--io", "select", "--transfers", "5000"], "900")
        self.refuse([url], "WEIR_TRANSFERS", env={"WEIR_TRANSFERS": "many"})
        self.refuse(["http://[bad/"], "http://[bad/")
        self.refuse([url, "mailto:me@example.org"], "mailto:me@example.org")
        self.refuse(["--list", "not-there.txt"], "not-there.txt")
        self.refuse(["not-there.toml"], "not-there.toml")
        self.refuse([])

    def test_a_list_without_one_good_url(self):
        bad = self.write("bad.txt", "# nothing\n\nhttp://[bad/\nftp://example.org/\n")
        self.refuse(["--list", bad], "bad.txt")
        self.refuse(["--list", self.write("empty.txt", "")], "empty.txt")

    def test_standard_input_without_one_good_url(self):
        with open(self.write("bad.txt", "nothing here\n"), "rb") as stdin:
            run = self.crawl("--list", "-", stdin=stdin)
        self.assertEqual(run.code, 2)
        self.assertIn("standard input: not one http or https URL", run.stderr)
        self.assertFalse(run.folder.exists())

    def test_a_run_folder_that_is_in_use(self):
        used = self.folder / "used"
        used.mkdir()
        (used / "precious").write_text("keep", encoding="utf-8")
        for out in (used, used / "precious"):
            done = weir_e2e.weir("crawl", self.server.url, "--out", str(out))
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(str(out).encode(), done.stderr)
        self.assertEqual(os.listdir(used), ["precious"])
        self.assertEqual((used / "precious").read_text(encoding="utf-8"), "keep")
        self.assertEqual(self.server.asked, [])


class Shown(weir_e2e.Case):
    def test_a_dry_run_shows_settings_and_first_urls_and_fetches_nothing(self):
        with Server(weir_e2e.star(3)) as server:
            config = self.write("some.toml", "[fetch]\ntransfers = 17\n"
                                f'[[list]]\nname = "inline"\nurls = ["{server.url}p/1"]\n'
                                'files = ["more.txt"]\n')
            self.write("more.txt", f"{server.url}p/2\n")
            cwd = self.folder / "cwd"
            cwd.mkdir()
            done = weir_e2e.weir("crawl", config, "--dry-run", "--delay", "7ms", cwd=cwd)
            text = done.stdout.decode()
            self.assertEqual(done.returncode, 0, done.stderr)
            for word in ("transfers = 17", 'delay = "7ms"', server.url + "p/1", server.url + "p/2",
                         "more.txt:1"):
                self.assertIn(word, text)
            self.assertEqual(server.asked, [])
            self.assertEqual(list(cwd.iterdir()), [])
            # What is shown is a config itself.
            again = weir_e2e.weir("crawl", self.write("shown.toml", text), "--dry-run")
            self.assertEqual(again.returncode, 0, again.stderr)
            self.assertIn("transfers = 17", again.stdout.decode())

    def test_what_init_writes_crawls(self):
        with Server(weir_e2e.star(3)) as server:
            config = self.folder / "weir.toml"
            done = weir_e2e.weir("init", str(config))
            self.assertEqual(done.returncode, 0, done.stderr)
            shown = weir_e2e.weir("crawl", str(config), "--dry-run")
            self.assertEqual(shown.returncode, 0, shown.stderr)
            text = config.read_text(encoding="utf-8")
            self.assertIn("https://example.org/", text)
            config.write_text(text.replace("https://example.org/", server.url), encoding="utf-8")
            run = self.crawl(str(config), *weir_e2e.FAST)
            self.assert_ended(run, 0, "finished")
            self.assertEqual(run.outcomes().get(server.url), "ok")
            self.assertEqual(weir_e2e.weir("init", str(config)).returncode, 2)

    def test_quiet_prints_nothing_and_a_pipe_gets_the_summary_alone(self):
        with Server(weir_e2e.star(30)) as server:
            quiet = self.crawl(server.url, "--quiet", *weir_e2e.FAST)
            self.assertEqual((quiet.code, quiet.stdout, quiet.stderr), (0, "", ""))
            plain = self.crawl(server.url, *weir_e2e.FAST)
            for text in (plain.stdout, plain.stderr):
                self.assertNotIn("\r", text)
                self.assertNotIn("\x1b", text)
            self.assertIn("31", plain.stdout)
            self.assertEqual(len(plain.stderr.splitlines()), 1, plain.stderr)
            as_json = self.crawl(server.url, "--json", *weir_e2e.FAST)
            self.assertIn('"finish_reason"', as_json.stdout)
            self.assertEqual(as_json.stdout.strip(),
                             (as_json.folder / "summary.json").read_text().strip())

    def test_a_terminal_gets_the_live_line(self):
        with Server(weir_e2e.star(30)) as server:
            ours, theirs = pty.openpty()
            try:
                with self.start(server.url, "--delay", "50ms", stderr=theirs) as crawl:
                    os.close(theirs)
                    seen = b""
                    while True:
                        try:
                            piece = os.read(ours, 4096)
                        except OSError:  # nobody has the other end any more
                            break
                        if not piece:
                            break
                        seen += piece
                    run = crawl.wait()
            finally:
                os.close(ours)
            self.assertEqual(run.code, 0)
            text = seen.decode()
            for word in ("\r\x1b[K", " pages ", "/s", "in flight", "queue ", "failed"):
                self.assertIn(word, text)
            self.assertTrue(text.rstrip("\r\n").endswith("\r\x1b[K"), "the line is not wiped")


class Given(weir_e2e.Case):
    def test_lists_inline_in_files_gzipped_and_from_standard_input(self):
        with Server(weir_e2e.star(20)) as server:
            def lines(*numbers):
                return "# some\n\n" + "".join(f"  {server.url}p/{n} \r\n" for n in numbers)
            self.write("plain.txt", "\ufeff" + lines(1, 2) + "http://[bad/\n")
            gz = gzip.compress(lines(3, 4).encode()) + gzip.compress(lines(5).encode())
            self.write("packed.gz", gz)
            config = self.write("lists.toml", f"""
                [[list]]
                name = "inline"
                urls = ["{server.url}p/6", "{server.url}p/7"]
                [[list]]
                name = "files"
                files = ["plain.txt", "packed.gz"]
                headers = ["X-List: files"]
                """)
            stdin = self.write("stdin.txt", lines(8, 9))
            with open(stdin, "rb") as standard_input:
                run = self.crawl(config, f"{server.url}p/10", "--list", "-", "--scope", "page",
                                 *weir_e2e.FAST, stdin=standard_input)
            # A flag overrides every list; the bare URL is a list of its own.
            self.assert_ended(run, 0, "finished")
            self.assertEqual(run.outcomes(),
                             {f"{server.url}p/{n}": "ok" for n in range(1, 11)})
            lists = {page["url"].rpartition("/")[2]: page["list"] for page in run.pages}
            self.assertEqual([lists[str(n)] for n in (6, 1, 3)], ["inline", "files", "files"])
            self.assertEqual(run.summary["urls"]["skipped"]["bad_seed"], 1)
            self.assertTrue(any("plain.txt:5" in line for line in run.log), run.log)
            # A header may hold a password, and the settings are written down.
            self.assertEqual((run.folder / "run.toml").stat().st_mode & 0o777, 0o600)

    def test_flags_over_environment_over_config_over_defaults(self):
        with Server(weir_e2e.star(2)) as server:
            config = self.write("some.toml", '[fetch]\ntransfers = 11\nretries = 7\n'
                                'timeout = "11s"\n[[list]]\nurls = ["http://example.org/"]\n')
            env = {"WEIR_TRANSFERS": "12", "WEIR_RETRIES": "8"}
            done = weir_e2e.weir("crawl", config, "--transfers", "13", "--dry-run", env=env)
            self.assertEqual(done.returncode, 0, done.stderr)
            text = done.stdout.decode()
            for word in ("transfers = 13", "retries = 8", 'timeout = "11s"', 'max_body = "10MiB"'):
                self.assertIn(word, text)
            self.assertEqual(server.asked, [])

    def test_standard_input_that_comes_slowly_is_crawled_as_it_comes(self):
        with Server(weir_e2e.star(3)) as server:
            with self.start("--list", "-", *weir_e2e.FAST, stdin=subprocess.PIPE) as crawl:
                crawl.process.stdin.write(f"{server.url}p/0\n".encode())
                crawl.process.stdin.flush()
                weir_e2e.wait_until(lambda: "/p/0" in server.asked_pages(), "the first page")
                self.assertIsNone(crawl.process.poll())
                crawl.process.stdin.write(f"{server.url}p/1\n".encode())
                crawl.process.stdin.close()
                run = crawl.wait()
            self.assert_ended(run, 0, "finished")
            self.assertEqual(len(run.pages), 2)

    def test_include_and_exclude_choose_what_is_followed(self):
        pages = {"/": Reply(page("start", ["/a/1", "/a/2", "/b/1", "/a/1.pdf"]))}
        pages.update({path: Reply(page(path)) for path in ("/a/1", "/a/2", "/b/1", "/a/1.pdf")})
        with Server(pages) as server:
            run = self.crawl(server.url, "--include", "/a/", "--exclude", r"\.pdf$",
                             *weir_e2e.FAST)
            self.assertEqual(sorted(run.outcomes()),
                             [server.url, server.url + "a/1", server.url + "a/2"])
            self.assertEqual(run.summary["urls"]["skipped"]["excluded"], 2)


if __name__ == "__main__":
    weir_e2e.main()
