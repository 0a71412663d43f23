// The header fields of one reply, as they came: one string of text and an index over it.
//
//   HeaderBlock headers;
//   headers.add("Content-Type", "text/html");
//   headers.first("content-type");                  // "text/html"
//   for (std::size_t i = 0; i < headers.size(); ++i) use(headers.name(i), headers.value(i));
//
// Thread-compatible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::fetch {

// ASCII only, as field names are compared.
bool same_name(std::string_view a, std::string_view b) noexcept;

class HeaderBlock {
 public:
  void add(std::string_view name, std::string_view value);
  // Lengthens the last value after a space: a folded line (RFC 9112, 5.2).
  void fold(std::string_view more);
  void clear() noexcept;

  std::size_t size() const noexcept { return fields_.size(); }
  bool empty() const noexcept { return fields_.empty(); }
  std::string_view name(std::size_t i) const { return cut(fields_[i].begin, fields_[i].name); }
  std::string_view value(std::size_t i) const {
    return cut(fields_[i].begin + fields_[i].name, fields_[i].value);
  }

  // The value of the first field of that name, in whatever case; empty if there is none.
  std::string_view first(std::string_view name) const noexcept;
  bool has(std::string_view name) const noexcept;

 private:
  struct Field {
    std::uint32_t begin, name, value;  // where the name begins, and the two lengths
  };
  std::string_view cut(std::uint32_t begin, std::uint32_t size) const {
    return std::string_view(text_).substr(begin, size);
  }
  std::string text_;
  std::vector<Field> fields_;
};

}  // namespace weir::fetch
