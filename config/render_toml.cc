#include "config/keys.h"
#include "config/render.h"

namespace weir::config {
namespace {

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

class Writer {
 public:
  explicit Writer(const Sources* sources) : sources_(sources) {}

  void line(const std::string& source_name, std::string_view key, const std::string& value) {
    if (value.empty()) return;
    std::string line = std::string(key) + " = " + value;
    if (sources_ != nullptr) {
      const auto found = sources_->find(source_name);
      // A comment ends where the line does, and a file's name may hold anything.
      std::string source = found == sources_->end() ? "default" : found->second;
      for (char& c : source) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
      }
      line = padded(std::move(line), 40) + "  # " + source;
    }
    text_ += line + '\n';
  }

  void heading(std::string_view heading) {
    if (!text_.empty()) text_ += '\n';
    text_ += heading;
    text_ += '\n';
  }

  std::string take() { return std::move(text_); }

 private:
  const Sources* sources_;
  std::string text_;
};

std::string write(const Settings& settings, const Sources* sources) {
  Writer writer(sources);
  for (const Section& section : sections()) {
    if (section.name == "list") continue;
    writer.heading("[" + std::string(section.name) + "]");
    for (const Key& key : keys()) {
      if (key.section != section.name || !key.of_crawl) continue;
      writer.line(key.full_name(), key.name, key.of_crawl.show(settings));
    }
  }
  for (std::size_t i = 0; i < settings.lists.size(); ++i) {
    writer.heading("[[list]]");
    for (const Key& key : keys()) {
      if (!key.of_list) continue;
      writer.line("list." + std::to_string(i) + "." + std::string(key.name), key.name,
                  key.of_list.show(settings.lists[i]));
    }
  }
  return writer.take();
}

}  // namespace

std::string to_toml(const Settings& settings) { return write(settings, nullptr); }

std::string to_toml(const Settings& settings, const Sources& sources) {
  return write(settings, &sources);
}

std::string starter() {
  std::string text =
      "# A crawl by weir. Lines behind # show the defaults: take the # away to change one.\n"
      "#\n"
      "#   weir crawl weir.toml --dry-run     # what it would do\n"
      "#   weir crawl weir.toml\n"
      "#\n"
      "# Durations are written \"250ms\", \"30s\", \"1h30m\"; sizes \"64KiB\", \"10MiB\". A flag\n"
      "# (`--transfers 8`) or the environment (`WEIR_TRANSFERS=8`) overrides what stands here.\n";
  for (const Section& section : sections()) {
    if (section.name == "list") continue;
    text += "\n# " + std::string(section.title) + "\n[" + std::string(section.name) + "]\n";
    for (const Key& key : keys()) {
      if (key.section != section.name) continue;
      // Lists have no one default for what is theirs: an example of the type will do.
      const std::string value =
          key.of_crawl ? key.of_crawl.show(Settings{}) : key.of_list.show(ListSettings{});
      text += padded("# " + std::string(key.name) + " = " + value, 40) + "  # " +
              std::string(key.help) + '\n';
    }
  }
  text +=
      "\n# One [[list]] for each set of URLs; each may differ from the above in scope, depth,\n"
      "# include, exclude, delay, per_host, headers, auth and cookies.\n"
      "[[list]]\n"
      "name = \"example\"\n"
      "urls = [\"https://example.org/\"]\n"
      "# files = [\"urls.txt\"]                     # one URL a line, # comments, gzip too\n"
      "scope = \"host\"\n"
      "depth = 2\n"
      "# headers = [\"Accept-Language: en\"]\n"
      "# auth = \"basic USER:PASSWORD\"\n"
      "# cookies = \"example.cookies\"            # a jar of its own\n"
      "\n# What CSS selectors find, into each record of pages.jsonl (docs/extract.md).\n"
      "# [extract]\n"
      "# title = \"h1\"                            # the element's text\n"
      "# price = \"span.price::text\"              # only its own\n"
      "# image = \"img.hero::attr(src)\"           # an attribute\n";
  return text;
}

}  // namespace weir::config
