"""A site of `weir site` crawled in six ways: each finds what the site says of itself."""

import os
import unittest

import weir_e2e

PAGES = os.environ.get("WEIR_E2E_PAGES", "400")
IO = ["coroutines", "pool"]
PARSE = ["processes", "threads", "inline"]


def truth_records(truth):
    return {line["url"]: (line["outcome"], line["status"], line["title"], len(line["links"]),
                          tuple(line["links"]))
            for line in truth}


class Modes(weir_e2e.Case):
    def compare(self, got, want, mode):
        missing = sorted(set(want) - set(got))
        extra = sorted(set(got) - set(want))
        other = {url: (got[url], want[url]) for url in want if url in got and got[url] != want[url]}
        text = f"{mode}: missing {missing[:5]}, extra {extra[:5]}, {len(other)} differ: " + \
               str(list(other.items())[:2])
        self.assertTrue(not missing and not extra and not other, text[:4000])

    def check_all(self, *site_flags):
        with weir_e2e.Site(self.folder, "--pages", PAGES, *site_flags) as site:
            truth = site.truth()
            want = truth_records(truth)
            self.assertEqual(len(want), len(truth), "the truth names a URL twice")
            for io in IO:
                for parse in PARSE:
                    run = self.crawl(site.url, "--io", io, "--parse", parse, "--links",
                                     *weir_e2e.FAST)
                    mode = f"--io {io} --parse {parse}"
                    self.assertEqual(run.code, 0, mode + run.stderr)
                    pages = run.pages
                    self.assertEqual(len({page["url"] for page in pages}), len(pages),
                                     mode + ": a URL is recorded twice")
                    self.compare(run.records(with_links=True), want, mode)
                    summary = run.summary
                    self.assertEqual(summary["finish_reason"], "finished")
                    self.assertEqual(summary["urls"]["pending"], 0)
                    self.assertEqual(summary["parse"]["crashes"], 0)
                    print(f"{mode}: {len(pages)} records right, "
                          f"{summary['elapsed_seconds']:.2f} s", flush=True)
            return truth

    def test_plain_site(self):
        self.check_all()

    def test_site_with_redirects_errors_denied_pages_and_latency(self):
        truth = self.check_all("--error-rate", "0.05", "--redirects", "0.05", "--latency", "3ms")
        outcomes = {line["outcome"] for line in truth}
        self.assertLessEqual({"ok", "redirect", "http_error", "robots_denied"}, outcomes)


if __name__ == "__main__":
    weir_e2e.main()
