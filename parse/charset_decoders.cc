#include "parse/charset_decoders.h"

#include "parse/charset_tables.h"
#include "parse/utf8.h"

namespace weir::parse {
namespace {

constexpr int kEnd = -1;  // what Input gives behind the last byte

// The bytes of a multi-byte decoder. The standard "restores" bytes to the stream; here they are
// peeked at and taken only once they are used.
class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}
  bool empty() const { return at_ >= bytes_.size(); }
  int peek(std::size_t ahead = 0) const {
    return at_ + ahead < bytes_.size() ? static_cast<unsigned char>(bytes_[at_ + ahead]) : kEnd;
  }
  void take(std::size_t count = 1) { at_ += count; }
  void copy_ascii(std::string& out) {
    const std::size_t length = ascii_prefix(bytes_.substr(at_));
    out += bytes_.substr(at_, length);
    at_ += length;
  }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
};

bool between(int byte, int low, int high) { return byte >= low && byte <= high; }

char32_t lookup(const Index& index, int pointer) {
  return pointer >= 0 && static_cast<std::size_t>(pointer) < index.size()
             ? index[static_cast<std::size_t>(pointer)]
             : 0;
}

// Ends a two-byte sequence whose lead is taken: an ASCII trail of a code that is none stays in the
// stream.
void finish_pair(Input& in, char32_t c, std::string& out) {
  if (c != 0 || !between(in.peek(), 0, 0x7F)) in.take(in.empty() ? 0 : 1);
  append_utf8(c == 0 ? kReplacement : c, out);
}

void decode_big5(std::string_view bytes, std::string& out) {
  const Index& index = big5_index();
  Input in(bytes);
  for (in.copy_ascii(out); !in.empty(); in.copy_ascii(out)) {
    const int lead = in.peek();
    in.take();
    if (!between(lead, 0x81, 0xFE)) {
      append_utf8(kReplacement, out);
      continue;
    }
    const int trail = in.peek();
    int pointer = -1;
    if (between(trail, 0x40, 0x7E) || between(trail, 0xA1, 0xFE)) {
      pointer = (lead - 0x81) * 157 + trail - (trail < 0x7F ? 0x40 : 0x62);
    }
    if (pointer == 1133 || pointer == 1135 || pointer == 1164 ||
        pointer == 1166) {  // two characters each
      in.take();
      append_utf8(pointer < 1164 ? 0xCA : 0xEA, out);
      append_utf8(pointer == 1133 || pointer == 1164 ? 0x304 : 0x30C, out);
      continue;
    }
    finish_pair(in, lookup(index, pointer), out);
  }
}

void decode_euc_kr(std::string_view bytes, std::string& out) {
  const Index& index = euc_kr_index();
  Input in(bytes);
  for (in.copy_ascii(out); !in.empty(); in.copy_ascii(out)) {
    const int lead = in.peek();
    in.take();
    if (!between(lead, 0x81, 0xFE)) {
      append_utf8(kReplacement, out);
      continue;
    }
    const int trail = in.peek();
    finish_pair(in,
                lookup(index, between(trail, 0x41, 0xFE) ? (lead - 0x81) * 190 + trail - 0x41 : -1),
                out);
  }
}

void decode_shift_jis(std::string_view bytes, std::string& out) {
  const Index& index = jis0208_index();
  Input in(bytes);
  for (in.copy_ascii(out); !in.empty(); in.copy_ascii(out)) {
    const int lead = in.peek();
    in.take();
    if (lead == 0x80) {
      append_utf8(0x80, out);
    } else if (between(lead, 0xA1, 0xDF)) {
      append_utf8(0xFF61 - 0xA1 + static_cast<char32_t>(lead), out);
    } else if (between(lead, 0x81, 0x9F) || between(lead, 0xE0, 0xFC)) {
      const int trail = in.peek();
      int pointer = -1;
      if (between(trail, 0x40, 0x7E) || between(trail, 0x80, 0xFC)) {
        pointer = (lead - (lead < 0xA0 ? 0x81 : 0xC1)) * 188 + trail - (trail < 0x7F ? 0x40 : 0x41);
      }
      const bool private_use = between(pointer, 8836, 10715);
      finish_pair(
          in, private_use ? 0xE000 - 8836 + static_cast<char32_t>(pointer) : lookup(index, pointer),
          out);
    } else {
      append_utf8(kReplacement, out);
    }
  }
}

void decode_euc_jp(std::string_view bytes, std::string& out) {
  Input in(bytes);
  for (in.copy_ascii(out); !in.empty(); in.copy_ascii(out)) {
    int lead = in.peek();
    in.take();
    const Index* index = &jis0208_index();
    if (lead == 0x8E && between(in.peek(), 0xA1, 0xDF)) {
      append_utf8(0xFF61 - 0xA1 + static_cast<char32_t>(in.peek()), out);
      in.take();
      continue;
    }
    if (lead == 0x8F && between(in.peek(), 0xA1, 0xFE)) {
      index = &jis0212_index();
      lead = in.peek();
      in.take();
    }
    if (lead != 0x8E && lead != 0x8F && !between(lead, 0xA1, 0xFE)) {
      append_utf8(kReplacement, out);
      continue;
    }
    const int trail = in.peek();
    const bool pair = between(lead, 0xA1, 0xFE) && between(trail, 0xA1, 0xFE);
    finish_pair(in, pair ? lookup(*index, (lead - 0xA1) * 94 + trail - 0xA1) : 0, out);
  }
}

void decode_gb18030(std::string_view bytes, std::string& out) {
  const Index& index = gb18030_index();
  Input in(bytes);
  for (in.copy_ascii(out); !in.empty(); in.copy_ascii(out)) {
    const int first = in.peek();
    in.take();
    if (!between(first, 0x81, 0xFE)) {
      append_utf8(first == 0x80 ? 0x20AC : kReplacement, out);
      continue;
    }
    const int second = in.peek();
    if (!between(second, 0x30, 0x39)) {
      int pointer = -1;
      if (between(second, 0x40, 0x7E) || between(second, 0x80, 0xFE)) {
        pointer = (first - 0x81) * 190 + second - (second < 0x7F ? 0x40 : 0x41);
      }
      finish_pair(in, lookup(index, pointer), out);
      continue;
    }
    const int third = in.peek(1);
    const int fourth = in.peek(2);
    if (third == kEnd || (between(third, 0x81, 0xFE) && fourth == kEnd)) {
      append_utf8(kReplacement, out);  // one error for all that is left
      return;
    }
    char32_t c = 0;
    if (between(third, 0x81, 0xFE) && between(fourth, 0x30, 0x39)) {
      c = gb18030_ranges(static_cast<unsigned>((first - 0x81) * 12'600 + (second - 0x30) * 1260 +
                                               (third - 0x81) * 10 + fourth - 0x30));
      in.take(3);
    }
    append_utf8(c == 0 ? kReplacement : c, out);
  }
}

void decode_iso_2022_jp(std::string_view bytes, std::string& out) {
  enum class State { kAscii, kRoman, kKatakana, kPair };
  State state = State::kAscii;
  bool just_escaped = false;  // the standard's output flag: two escapes in a row are an error
  const Index& index = jis0208_index();
  Input in(bytes);

  // Requires: ESC is taken. Its one or two bytes are taken if they are an escape sequence.
  const auto escape = [&] {
    const int first = in.peek();
    const int second = in.peek(1);
    const bool known = (first == '(' && (second == 'B' || second == 'J' || second == 'I')) ||
                       (first == '$' && (second == '@' || second == 'B'));
    if (!known) {
      just_escaped = false;
      append_utf8(kReplacement, out);
      return;
    }
    in.take(2);
    state = first == '$'    ? State::kPair
            : second == 'B' ? State::kAscii
            : second == 'J' ? State::kRoman
                            : State::kKatakana;
    if (just_escaped) append_utf8(kReplacement, out);
    just_escaped = true;
  };

  while (!in.empty()) {
    const int byte = in.peek();
    in.take();
    if (byte == 0x1B) {
      escape();
      continue;
    }
    just_escaped = false;
    char32_t c = kReplacement;
    switch (state) {
      case State::kAscii:
      case State::kRoman:
        if (byte < 0x80 && byte != 0x0E && byte != 0x0F) c = static_cast<char32_t>(byte);
        if (state == State::kRoman && byte == 0x5C) c = 0xA5;
        if (state == State::kRoman && byte == 0x7E) c = 0x203E;
        break;
      case State::kKatakana:
        if (between(byte, 0x21, 0x5F)) c = 0xFF61 - 0x21 + static_cast<char32_t>(byte);
        break;
      case State::kPair:
        if (between(byte, 0x21, 0x7E)) {
          const int trail = in.peek();
          if (trail == 0x1B) {
            append_utf8(kReplacement, out);
            in.take();
            escape();
            continue;
          }
          in.take(in.empty() ? 0 : 1);
          if (between(trail, 0x21, 0x7E)) {
            const char32_t found = lookup(index, (byte - 0x21) * 94 + trail - 0x21);
            if (found != 0) c = found;
          }
        }
        break;
    }
    append_utf8(c, out);
  }
}

void decode_user_defined(std::string_view bytes, std::string& out) {
  for (const char byte : bytes) {
    const unsigned c = static_cast<unsigned char>(byte);
    append_utf8(c < 0x80 ? c : 0xF780 + c - 0x80, out);
  }
}

}  // namespace

Decoder multi_byte_decoder(std::string_view encoding) {
  if (encoding == "GBK" || encoding == "gb18030") return decode_gb18030;
  if (encoding == "Big5") return decode_big5;
  if (encoding == "EUC-JP") return decode_euc_jp;
  if (encoding == "Shift_JIS") return decode_shift_jis;
  if (encoding == "EUC-KR") return decode_euc_kr;
  if (encoding == "ISO-2022-JP") return decode_iso_2022_jp;
  if (encoding == "x-user-defined") return decode_user_defined;
  return nullptr;
}

}  // namespace weir::parse
