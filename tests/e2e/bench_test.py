"""`weir bench`: a small run of each kind, its JSON, and what it refuses."""

import ctypes
import json
import struct
import subprocess

import weir_e2e

MODELS = ["blocking", "threads", "pool", "polling", "select", "coroutines", "uring"]


def bench(*arguments, before=None):
    return subprocess.run([weir_e2e.WEIR, "bench", *arguments], capture_output=True, text=True,
                          timeout=4 * weir_e2e.LIMIT, check=False, preexec_fn=before)


def without_io_uring():
    """As where the kernel refuses it: io_uring_setup fails with EPERM, by seccomp."""
    filters = [(0x20, 0, 0, 0), (0x15, 0, 1, 425), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7fff0000)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in filters))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(filters), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, program, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")


class Bench(weir_e2e.Case):
    def measure(self, *arguments):
        done = bench(*arguments, "--json")
        # 1: a target was missed, which on a busy machine says little.
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return json.loads(done.stdout)

    def rows(self, table, key, names, *figures):
        self.assertEqual([row[key] for row in table], names)
        for row in table:
            self.assertNotIn("error", row)
            for figure in figures:
                self.assertGreater(row[figure], 0, (row, figure))

    def test_io_compares_every_model(self):
        said = self.measure("io", "--transfers", "1,20", "--latency", "1ms", "--pages", "40")
        table = said["latency_1ms"]
        for row in table:
            if "error" in row:  # the kernel may refuse it, and the row says so
                self.assertEqual(row["model"], "uring", row)
                self.assertIn("io_uring", row["error"])
        # Blocking does one transfer at a time.
        self.assertEqual([row["model"] for row in table], MODELS + MODELS[1:])
        measured = [row for row in table if "error" not in row]
        for row in measured:
            self.assertEqual(row["pages"], 40)
            for figure in ("pages_per_s", "cpu_us", "memory"):
                self.assertGreater(row[figure], 0, (row, figure))
            self.assertGreaterEqual(row["voluntary"], 0)

    def test_a_model_that_cannot_says_why_in_its_row(self):
        said = self.measure("io", "--io", "select", "--transfers", "901", "--latency", "0ms",
                            "--pages", "1")
        self.assertIn("900", said["latency_0ms"][0]["error"])
        text = bench("io", "--io", "select", "--transfers", "901", "--latency", "0ms").stdout
        self.assertIn("select can watch no more than 900 transfers", text)

    def test_a_model_that_the_kernel_refuses_says_so_and_the_others_go_on(self):
        done = bench("io", "--io", "uring,coroutines", "--transfers", "2", "--latency", "0ms",
                     "--pages", "5", "--json", before=without_io_uring)
        self.assertEqual(done.returncode, 0, done.stderr)
        uring, coroutines = json.loads(done.stdout)["latency_0ms"]
        self.assertIn("io_uring", uring["error"])
        self.assertEqual(coroutines["pages"], 5)

    def test_io_beside_libcurl_alone(self):
        table = self.measure("io", "--baseline", "--pages", "300", "--rounds", "1")["baseline"]
        self.rows(table, "what", ["libcurl and epoll", "coroutines"], "cpu_us", "ratio")
        self.assertLess(table[1]["ratio"], 5)

    def test_tls_resumes_where_it_can_and_reads_its_authorities_once(self):
        table = self.measure("tls", "--handshakes", "8")["handshakes"]
        self.rows(table, "name", ["libcurl's defaults", "weir"] * 2, "cpu_us", "ratio")
        self.assertEqual([row["session"] for row in table], ["new", "new", "resumed", "resumed"])
        self.assertLess(table[1]["ratio"], 0.5)
        self.assertLess(table[3]["ratio"], 0.5)

    def test_parse(self):
        said = self.measure("parse", "--count", "5", "--rounds", "1", "--parsers", "1,2")
        self.assertEqual(said["baseline"][0]["ratio"], 1.0)
        self.assertEqual(said["baseline"][2]["name"], "transport")
        self.assertGreater(said["baseline"][3]["cpu_us"], 0)
        self.rows(said["parsers"], "parsers", [1, 2], "cpu_us", "pages_per_s")
        self.write("page.html", "<!doctype html><title>t</title><a href=x>x</a>")
        said = self.measure("parse", "--pages", str(self.folder), "--baseline", "--rounds", "1")
        self.assertNotIn("parsers", said)

    def test_queue_pool_and_url(self):
        quick = ("--seconds", "0.001", "--repetitions", "1")
        said = self.measure("queue", *quick)
        self.rows(said["queue"], "name", ["weir/2", "weir/8", "tbb/2", "tbb/8"], "item_ns", "cpu_ns")
        self.rows(said["create"], "name", ["std_thread", "thread", "process"], "time_ns")
        self.rows(said["switch"], "name",
                  ["generator", "fiber", "coroutine", "thread", "process"], "time_ns")
        self.rows(said["idle"][:4], "name", ["spin", "select", "poll", "epoll"], "cpu_percent")
        said = self.measure("pool", *quick)
        self.assertEqual(len(said["trip"]), 4)
        by = ["one thread", "2 threads", "2 threads, one lock", "2 processes", "8 threads",
              "8 threads, one lock", "8 processes"]
        self.rows(said["compute"], "name", by, "time_us", "cpu_us")
        self.rows(said["wait"], "name", by, "time_us", "cpu_us")
        # Each of them waits 5 ms.
        self.assertLess(said["wait"][6]["time_us"], 5000, "waits overlap in processes too")
        self.assertEqual(len(self.measure("url", *quick)["url"]), 4)

    def test_people_get_a_table_and_how_to_read_it(self):
        done = bench("queue", "--only", "create", "--seconds", "0.001", "--repetitions", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        for word in ("Making one", "CPU ns", "process", "How to read it"):
            self.assertIn(word, done.stdout)

    def test_bad_usage_is_refused(self):
        cases = [
            ([], "usage"),
            (["everything"], "io parse pool queue tls url"),
            (["io", "--io", "pigeon"], "pigeon"),
            (["io", "--transfers", "many"], "many"),
            (["io", "--transfers", "0"], "1 to 10000"),
            (["io", "--latency", "soon"], "20ms"),
            (["io", "--io", "blocking", "--transfers", "5"], "--transfers 1"),
            (["queue", "--only", "switches"], "switches"),
            (["pool", "--repetitions", "0"], "1 to 1000"),
            (["parse", "--pages", "/nowhere"], "/nowhere"),
            (["parse", "--pages", str(self.folder)], "no .html file"),
            (["tls", "--handshakes"], "--handshakes"),
            (["url", "--what"], "--what"),
        ]
        for arguments, word in cases:
            done = bench(*arguments)
            self.assertEqual(done.returncode, 2, (arguments, done.stderr))
            self.assertIn(word, done.stderr, arguments)
            self.assertEqual(done.stdout, "", arguments)

    def test_help_has_examples(self):
        for what in ([], ["io"], ["tls"], ["parse"], ["queue"], ["pool"], ["url"]):
            done = bench(*what, "--help")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("example", done.stdout)


if __name__ == "__main__":
    weir_e2e.main()
