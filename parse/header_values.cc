#include "parse/header_values.h"

#include <algorithm>
#include <array>
#include <limits>

#include "parse/ascii.h"
#include "parse/charset.h"

namespace weir::parse {
namespace {

constexpr std::string_view kTab = " \t";

bool is_token(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return ascii::is_alpha(c) || ascii::is_digit(c) || kOthers.find(c) != std::string_view::npos;
  });
}

// Reads a header value from the left.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  bool ended() const { return at_ >= text_.size(); }
  bool next_is(char c) const { return !ended() && text_[at_] == c; }
  bool take(char c) { return next_is(c) && (++at_, true); }
  std::size_t position() const { return at_; }
  std::string_view from(std::size_t start) const { return text_.substr(start, at_ - start); }
  void skip(std::string_view set) {
    at_ = std::min(text_.find_first_not_of(set, at_), text_.size());
  }

  std::string_view until(std::string_view set) {
    const auto start = at_;
    at_ = std::min(text_.find_first_of(set, at_), text_.size());
    return from(start);
  }

  // Fetch standard, "collect an HTTP quoted string". Requires: next_is('"').
  std::string quoted() {
    std::string value;
    for (++at_; !ended() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      value += text_[at_];
    }
    take('"');
    return value;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

// Fetch standard, "get, decode, and split": commas inside quotes do not split.
std::vector<std::string_view> split_list(std::string_view joined) {
  std::vector<std::string_view> values;
  Scanner in(joined);
  while (true) {
    const auto start = in.position();
    in.until("\",");
    while (in.next_is('"')) {
      in.quoted();
      in.until("\",");
    }
    values.push_back(ascii::trim(in.from(start), kTab));
    if (!in.take(',')) return values;
  }
}

struct MimeType {
  std::string essence;
  std::optional<std::string> charset;
};

// MIME Sniffing standard, "parse a MIME type".
std::optional<MimeType> parse_mime_type(std::string_view text) {
  Scanner in(ascii::trim(text, ascii::kHttpSpace));
  const std::string_view type = in.until("/");
  if (!is_token(type) || !in.take('/')) return std::nullopt;
  const std::string_view subtype = ascii::trim(in.until(";"), ascii::kHttpSpace);
  if (!is_token(subtype)) return std::nullopt;
  MimeType mime{ascii::lower(type) + "/" + ascii::lower(subtype), std::nullopt};
  while (in.take(';')) {
    in.skip(ascii::kHttpSpace);
    const std::string_view name = in.until(";=");
    if (!in.take('=')) continue;
    if (in.ended()) break;
    std::string value;
    if (in.next_is('"')) {
      value = in.quoted();
      in.until(";");
    } else {
      value = ascii::trim(in.until(";"), ascii::kHttpSpace);
      if (value.empty()) continue;
    }
    const bool allowed = std::all_of(value.begin(), value.end(), [](unsigned char c) {
      return c == '\t' || (c >= 0x20 && c != 0x7F);
    });
    if (allowed && !mime.charset && ascii::equal(name, "charset")) mime.charset = std::move(value);
  }
  return mime;
}

bool to_number(std::string_view digits, int& value) {
  value = 0;
  for (const char c : digits) {
    if (!ascii::is_digit(c)) return false;
    value = value * 10 + (c - '0');
  }
  return !digits.empty();
}

struct DateParts {
  std::string_view day;
  std::string_view month;
  std::string_view year;
  std::string_view time;
};

std::optional<std::chrono::sys_seconds> date_of(const DateParts& parts,
                                                std::chrono::sys_seconds now) {
  constexpr std::string_view kMonths = "janfebmaraprmayjunjulaugsepoctnovdec";
  const auto month =
      parts.month.size() == 3 ? kMonths.find(ascii::lower(parts.month)) : std::string_view::npos;
  if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
  int day = 0, year = 0, hour = 0, minute = 0, second = 0;
  const std::string_view time = parts.time;
  if (time.size() != 8 || time[2] != ':' || time[5] != ':') return std::nullopt;
  if (!to_number(parts.day, day) || !to_number(parts.year, year) ||
      !to_number(time.substr(0, 2), hour) || !to_number(time.substr(3, 2), minute) ||
      !to_number(time.substr(6, 2), second)) {
    return std::nullopt;
  }
  if (hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const auto at = [&](int full_year) {
    return std::chrono::year_month_day(std::chrono::year(full_year),
                                       std::chrono::month(static_cast<unsigned>(month / 3 + 1)),
                                       std::chrono::day(static_cast<unsigned>(day)));
  };
  if (parts.year.size() == 2) {  // RFC 9110 5.6.7: more than 50 years ahead means the past
    const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(now));
    const int this_year = static_cast<int>(today.year());
    year += this_year - this_year % 100;
    if (year > this_year + 50) year -= 100;
  }
  const auto date = at(year);
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

// RFC 9110 5.6.7: IMF-fixdate, RFC 850 and asctime. The name of the day is not compared with the
// date.
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text,
                                                        std::chrono::sys_seconds now) {
  const auto comma = text.find(',');
  if (comma != std::string_view::npos) {
    const std::string_view rest = text.substr(comma + 1);
    const bool gmt = rest.size() > 4 && ascii::equal(rest.substr(rest.size() - 4), " GMT");
    if (!gmt || rest[0] != ' ' || comma < 3) return std::nullopt;
    if (comma == 3 && rest.size() == 25 && rest[3] == ' ' && rest[7] == ' ' && rest[12] == ' ') {
      return date_of({rest.substr(1, 2), rest.substr(4, 3), rest.substr(8, 4), rest.substr(13, 8)},
                     now);
    }
    if (comma > 5 && rest.size() == 23 && rest[3] == '-' && rest[7] == '-' && rest[10] == ' ') {
      return date_of({rest.substr(1, 2), rest.substr(4, 3), rest.substr(8, 2), rest.substr(11, 8)},
                     now);
    }
    return std::nullopt;
  }
  if (text.size() != 24 || text[3] != ' ' || text[7] != ' ' || text[10] != ' ' || text[19] != ' ')
    return std::nullopt;
  const std::string_view day = text[8] == ' ' ? text.substr(9, 1) : text.substr(8, 2);
  return date_of({day, text.substr(4, 3), text.substr(20, 4), text.substr(11, 8)}, now);
}

// Adds what comma-separated directives say.
void add_directives(std::string_view directive, RobotsDirectives& to) {
  directive = ascii::trim(directive);
  const bool none = ascii::equal(directive, "none");
  to.noindex |= none || ascii::equal(directive, "noindex");
  to.nofollow |= none || ascii::equal(directive, "nofollow");
}

std::vector<std::string_view> split_at_commas(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto comma = text.find(',');
    parts.push_back(ascii::trim(text.substr(0, comma)));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

// "agent: directive"; directives that take a value look the same.
std::optional<std::string_view> agent_prefix(std::string_view part) {
  constexpr std::array<std::string_view, 4> kWithValue = {"unavailable_after", "max-snippet",
                                                          "max-image-preview", "max-video-preview"};
  const auto colon = part.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view name = ascii::trim(part.substr(0, colon));
  const bool directive =
      std::any_of(kWithValue.begin(), kWithValue.end(),
                  [&](std::string_view known) { return ascii::equal(name, known); });
  if (directive || !is_token(name)) return std::nullopt;
  return part.substr(0, colon);
}

}  // namespace

ContentType parse_content_type(const std::vector<std::string_view>& values) {
  std::string joined;
  for (const std::string_view value : values)
    joined.append(joined.empty() ? "" : ", ").append(value);
  std::optional<std::string> charset;
  ContentType result;
  for (const std::string_view value : split_list(joined)) {
    std::optional<MimeType> mime = parse_mime_type(value);
    if (!mime || mime->essence == "*/*") continue;
    if (mime->essence != result.essence) {
      charset = std::move(mime->charset);
      result.essence = std::move(mime->essence);
    } else if (mime->charset) {
      charset = std::move(mime->charset);
    }
  }
  if (charset) result.charset = encoding_for_label(*charset).value_or("");
  return result;
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value,
                                                      std::chrono::sys_seconds now) {
  constexpr std::int64_t kMost = std::int64_t{1} << 62;
  value = ascii::trim(value);
  if (value.empty()) return std::nullopt;
  if (std::all_of(value.begin(), value.end(), ascii::is_digit)) {
    std::int64_t seconds = 0;
    for (const char digit : value) {
      seconds = seconds > kMost / 10 - 1 ? kMost : seconds * 10 + (digit - '0');
      if (seconds == kMost) break;
    }
    return std::chrono::seconds(seconds);
  }
  const auto date = parse_http_date(value, now);
  if (!date) return std::nullopt;
  return std::max(std::chrono::seconds(0), *date - now);
}

std::vector<HeaderLink> parse_link_header(const std::vector<std::string_view>& values) {
  std::vector<HeaderLink> links;
  for (const std::string_view value : values) {
    Scanner in(value);
    while (true) {
      in.skip(" \t\r\n,");
      if (!in.take('<')) break;
      HeaderLink link;
      link.target = ascii::trim(in.until(">"));
      if (!in.take('>')) break;
      bool rel_seen = false;
      in.skip(ascii::kHttpSpace);
      while (in.take(';')) {
        in.skip(ascii::kHttpSpace);
        const std::string name = ascii::lower(ascii::trim(in.until("=;,"), ascii::kHttpSpace));
        std::string parameter;
        if (in.take('=')) {
          in.skip(ascii::kHttpSpace);
          parameter = in.next_is('"') ? in.quoted()
                                      : std::string(ascii::trim(in.until(";,"), ascii::kHttpSpace));
        }
        in.skip(ascii::kHttpSpace);
        if (name == "rel" && !rel_seen) {
          rel_seen = true;
          Scanner words(parameter);
          for (words.skip(ascii::kSpace); !words.ended(); words.skip(ascii::kSpace)) {
            link.rel.push_back(ascii::lower(words.until(ascii::kSpace)));
          }
        } else if (name == "anchor" && !link.anchor) {
          link.anchor = std::move(parameter);
        }
      }
      links.push_back(std::move(link));
      in.skip(ascii::kHttpSpace);
      if (!in.next_is(',')) break;
    }
  }
  return links;
}

RobotsDirectives combine_robots(
    const std::vector<std::pair<std::string_view, std::string_view>>& metas,
    const std::vector<std::string_view>& x_robots_tags, std::string_view agent) {
  RobotsDirectives result;
  for (const auto& [name, content] : metas) {
    const std::string_view who = ascii::trim(name);
    if (!ascii::equal(who, "robots") && !ascii::equal(who, agent)) continue;
    for (const std::string_view directive : split_at_commas(content))
      add_directives(directive, result);
  }
  for (const std::string_view value : x_robots_tags) {
    bool ours = true;  // an agent binds all that follows it in the same value
    for (std::string_view part : split_at_commas(value)) {
      if (const auto prefix = agent_prefix(part)) {
        const std::string_view who = ascii::trim(*prefix);
        ours = who == "*" || ascii::equal(who, agent);
        part.remove_prefix(prefix->size() + 1);
      }
      if (ours) add_directives(part, result);
    }
  }
  return result;
}

}  // namespace weir::parse
