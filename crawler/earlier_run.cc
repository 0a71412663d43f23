#include "crawler/earlier_run.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace weir {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// links.jsonl does not tell the kind; of the elements that lead to a page it says enough.
parse::LinkKind kind_of(const std::string& element) {
  if (element == "a" || element == "area" || element == "iframe" || element == "frame") {
    return parse::LinkKind::kNav;
  }
  if (element == "meta" || element == "header") return parse::LinkKind::kRefresh;
  return element == "link" ? parse::LinkKind::kLink : parse::LinkKind::kRes;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find(' ', from), text.size());
    if (end > from) words.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return words;
}

}  // namespace

EarlierRun::EarlierRun(const std::string& folder) {
  std::ifstream pages(folder + "/pages.jsonl");
  if (!pages) throw std::invalid_argument("--since " + folder + ": there is no pages.jsonl in it");
  for (std::string line; std::getline(pages, line);) {
    const Json page = Json::parse(line, nullptr, false);
    if (!page.is_object()) continue;
    const std::string outcome = text_of(page, "outcome");
    if (outcome != "ok" && outcome != "not_modified") continue;
    Validators known{text_of(page, "etag"), text_of(page, "last_modified"),
                     text_of(page, "robots").find("nofollow") != std::string::npos};
    if (known.etag.empty() && known.last_modified.empty()) continue;
    pages_[text_of(page, "url")] = std::move(known);
  }
  index_links(folder + "/links.jsonl");
}

void EarlierRun::index_links(const std::string& path) {
  std::ifstream lines(path);
  if (!lines) return;
  std::uint64_t offset = 0;
  for (std::string line; std::getline(lines, line); offset += line.size() + 1) {
    static constexpr std::string_view kBefore = "{\"url\":";
    const std::size_t end = line.find(",\"links\":");
    if (!line.starts_with(kBefore) || end == std::string::npos) continue;
    const Json url = Json::parse(line.begin() + kBefore.size(),
                                 line.begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
    if (url.is_string() && pages_.contains(url)) lines_[url] = {offset, line.size()};
  }
  links_file_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

const EarlierRun::Validators* EarlierRun::find(const std::string& url) const {
  const auto found = pages_.find(url);
  return found == pages_.end() ? nullptr : &found->second;
}

std::optional<parse::PageFacts> EarlierRun::links(const std::string& url) const {
  const auto found = lines_.find(url);
  if (found == lines_.end()) return std::nullopt;
  const auto [offset, size] = found->second;
  std::string line(size, '\0');
  const ssize_t got = ::pread(links_file_.get(), line.data(), size, static_cast<off_t>(offset));
  if (got != static_cast<ssize_t>(size)) return std::nullopt;
  const Json record = Json::parse(line, nullptr, false);
  if (!record.is_object() || !record.contains("links")) return std::nullopt;
  parse::PageFacts facts;
  facts.html = true;
  facts.nofollow = pages_.at(url).nofollow;
  for (const Json& each : record["links"]) {
    if (!each.is_object()) continue;
    parse::Link link;
    link.el = text_of(each, "el");
    link.kind = kind_of(link.el);
    link.url = text_of(each, "to");
    link.rel = words_of(text_of(each, "rel"));
    facts.links.push_back(std::move(link));
  }
  return facts;
}

}  // namespace weir
