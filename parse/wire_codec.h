// Numbers and strings in bytes: variable-length integers, length-prefixed strings, flags.
//
//   WireWriter out(region);  out.number(7);  out.string("x");   // out.size() bytes, or failed()
//   WireReader in(bytes);    auto n = in.number();              // failed() once anything is wrong
//
// Both carry on after a failure, doing nothing, so that one test at the end will do.
// Thread-compatible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace weir::parse {

class WireWriter {
 public:
  explicit WireWriter(std::span<char> region) : region_(region) {}

  void number(std::uint64_t value) {
    char bytes[10];
    std::size_t count = 0;
    for (; value >= 0x80; value >>= 7) bytes[count++] = static_cast<char>(value | 0x80);
    bytes[count++] = static_cast<char>(value);
    raw({bytes, count});
  }
  void string(std::string_view text) {
    number(text.size());
    raw(text);
  }
  void raw(std::string_view bytes) {
    if (failed_ || bytes.size() > region_.size() - size_) {
      failed_ = true;
      return;
    }
    if (!bytes.empty()) std::memcpy(region_.data() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }

  std::size_t size() const { return size_; }
  bool failed() const { return failed_; }
  void rewind(std::size_t size) {  // to an earlier size(), where nothing had failed
    size_ = size;
    failed_ = false;
  }
  void grow(std::size_t bytes) { region_ = {region_.data(), region_.size() + bytes}; }

 private:
  std::span<char> region_;
  std::size_t size_ = 0;
  bool failed_ = false;
};

class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : bytes_(bytes) {}

  // At most `limit`; 0 if anything is wrong, a longer encoding than needed included.
  std::uint64_t number(std::uint64_t limit = UINT64_MAX) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (failed_ || at_ == bytes_.size()) break;
      const auto byte = static_cast<unsigned char>(bytes_[at_++]);
      if (shift == 63 && byte > 1) break;
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) {
        if ((byte == 0 && shift != 0) || value > limit) break;
        return value;
      }
    }
    failed_ = true;
    return 0;
  }

  std::uint8_t byte() {
    if (failed_ || at_ == bytes_.size()) {
      failed_ = true;
      return 0;
    }
    return static_cast<std::uint8_t>(bytes_[at_++]);
  }

  bool flag() { return number(1) != 0; }

  // A copy, so that whoever may still change the bytes changes nothing that was checked.
  std::string string(std::size_t limit) {
    const std::size_t size = number(limit);
    if (failed_ || size > bytes_.size() - at_) {
      failed_ = true;
      return {};
    }
    at_ += size;
    return std::string(bytes_.substr(at_ - size, size));
  }

  bool failed() const { return failed_; }
  void fail() { failed_ = true; }
  bool at_end() const { return at_ == bytes_.size(); }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace weir::parse
