#include "parse/charset_tables.h"

#include <unicode/ucnv.h>
#include <unicode/utf16.h>

#include <map>
#include <memory>
#include <stdexcept>
#include <string>

namespace weir::parse {
namespace {

// One ICU converter, asked for one character at a time.
class Converter {
 public:
  explicit Converter(const char* name) {
    UErrorCode status = U_ZERO_ERROR;
    converter_.reset(ucnv_open(name, &status));
    if (U_FAILURE(status)) throw std::runtime_error(std::string("ICU has no converter ") + name);
  }

  // 0 unless the bytes are exactly one character.
  char32_t character(std::string_view bytes) {
    UChar units[8];
    UErrorCode status = U_ZERO_ERROR;
    ucnv_resetToUnicode(converter_.get());
    const int32_t length = ucnv_toUChars(converter_.get(), units, 8, bytes.data(),
                                         static_cast<int32_t>(bytes.size()), &status);
    if (U_FAILURE(status) || length < 1 || length > 2) return 0;
    UChar32 c = 0;
    int32_t used = 0;
    U16_NEXT(units, used, length, c);
    return used == length && c != 0xFFFD ? static_cast<char32_t>(c) : 0;
  }

 private:
  struct Close {
    void operator()(UConverter* c) const { ucnv_close(c); }
  };
  std::unique_ptr<UConverter, Close> converter_;
};

bool is_private_use(char32_t c) { return c >= 0xE000 && c <= 0xF8FF; }

std::string bytes(std::initializer_list<unsigned> values) {
  std::string result;
  for (const unsigned value : values) result += static_cast<char>(value);
  return result;
}

// `spell` gives the bytes of a pointer. ICU fills unassigned codes with private use characters,
// which only gb18030's index has too.
template <typename Spell>
Index read_index(const char* converter_name, unsigned size, bool private_use, Spell spell) {
  Converter converter(converter_name);
  Index index(size);
  for (unsigned pointer = 0; pointer < size; ++pointer) {
    const char32_t c = converter.character(spell(pointer));
    if (private_use || !is_private_use(c)) index[pointer] = c;
  }
  return index;
}

struct Run {  // count characters from `first` on, at the pointers from `pointer` on
  unsigned pointer;
  char32_t first;
  unsigned count;
};

template <std::size_t N>
void correct(Index& index, const Run (&runs)[N]) {
  for (const Run& run : runs) {
    for (unsigned i = 0; i < run.count; ++i) index[run.pointer + i] = run.first + i;
  }
}

// HKSCS-2016 and the duplicates that the standard keeps for round trips.
constexpr Run kBig5Corrections[] = {
    {1008, 0x9f97, 1},  {1016, 0x9f96, 1},  {1099, 0x31c0, 5},  {1105, 0x31c5, 1},
    {1108, 0x31c6, 2},  {1112, 0x31c8, 1},  {1114, 0x31c9, 4},  {1119, 0x31cd, 2},
    {1170, 0x23da, 2},  {1730, 0x9fa6, 1},  {1772, 0x9fa7, 1},  {1779, 0x9fa8, 1},
    {1812, 0x9fa9, 1},  {1814, 0x9faa, 1},  {1816, 0x9fab, 1},  {1821, 0x9fac, 1},
    {1844, 0x9fad, 2},  {1847, 0x9faf, 1},  {1866, 0x9fb2, 1},  {1892, 0x9fb3, 1},
    {2082, 0x7bb8, 1},  {2088, 0x7c06, 1},  {2103, 0x7cce, 1},  {2114, 0x7dd2, 1},
    {2123, 0x7e1d, 1},  {2148, 0x8005, 1},  {2151, 0x8028, 1},  {2221, 0x83c1, 1},
    {2239, 0x84a8, 1},  {2244, 0x840f, 1},  {2303, 0x89a6, 1},  {2304, 0x89a9, 1},
    {2354, 0x8d77, 1},  {2400, 0x90fd, 1},  {2413, 0x92b9, 1},  {2477, 0x975c, 1},
    {2498, 0x97ff, 1},  {2605, 0x9f16, 1},  {2673, 0x8503, 1},  {2746, 0x5159, 1},
    {2747, 0x515b, 1},  {2748, 0x515d, 2},  {2771, 0x936e, 1},  {2780, 0x7479, 1},
    {2990, 0x6d67, 1},  {3087, 0x799b, 1},  {3259, 0x9097, 1},  {3301, 0x975d, 1},
    {3436, 0x701e, 1},  {3451, 0x5b28, 1},  {4136, 0x7201, 1},  {4138, 0x77d7, 1},
    {4141, 0x7e87, 1},  {4182, 0x99d6, 1},  {4206, 0x91d4, 1},  {4220, 0x60de, 1},
    {4230, 0x6fb6, 1},  {4241, 0x8f36, 1},  {4258, 0x4fbb, 1},  {4273, 0x71df, 1},
    {4279, 0x9104, 1},  {4282, 0x9df0, 1},  {4294, 0x83cf, 1},  {4329, 0x5c10, 1},
    {4330, 0x79e3, 1},  {4349, 0x5a67, 1},  {4419, 0x8f0b, 1},  {4422, 0x7b51, 1},
    {4494, 0x62d0, 1},  {4624, 0x6062, 1},  {4694, 0x75f9, 1},  {4708, 0x6c4a, 1},
    {4742, 0x9b2e, 1},  {4748, 0x9f17, 1},  {4815, 0x50ed, 1},  {4828, 0x5f0c, 1},
    {4902, 0x880f, 1},  {4922, 0x62ce, 1},  {4982, 0x7468, 1},  {4992, 0x7162, 1},
    {4997, 0x7250, 1},  {5432, 0x2400, 32}, {5464, 0x2421, 1},  {10942, 0x5ef4, 1},
    {10946, 0x65e0, 1}, {10948, 0x7676, 1}, {10950, 0x96b6, 1}, {10957, 0x3003, 1},
    {10958, 0x4edd, 1}, {11204, 0x31cf, 1}, {11210, 0x9fb0, 1}, {11212, 0x9fb1, 1},
    {19028, 0x5029, 1}, {19035, 0x507d, 1}, {19088, 0x5305, 1}, {19096, 0x5344, 1},
    {19112, 0x537f, 1}, {19162, 0x5605, 1}, {19240, 0x5a77, 1}, {19299, 0x5e75, 1},
    {19305, 0x5ed0, 1}, {19326, 0x5f58, 1}, {19355, 0x60a4, 1}, {19398, 0x6490, 1},
    {19439, 0x6674, 1}, {19454, 0x675e, 1}, {19553, 0x6c9c, 1}, {19554, 0x6e1d, 1},
    {19557, 0x6e2f, 1}, {19611, 0x716e, 1}, {19643, 0x732a, 1}, {19672, 0x745c, 1},
    {19697, 0x74e9, 1}, {19748, 0x7809, 1}};

// GB18030-2022, and the ideographic space at A3A0 of older pages.
constexpr Run kGb18030Corrections[] = {{6555, 0x3000, 1},  {7182, 0xFE10, 1},  {7183, 0xFE12, 1},
                                       {7184, 0xFE11, 1},  {7185, 0xFE13, 4},  {7201, 0xFE17, 2},
                                       {7208, 0xFE19, 1},  {23775, 0x9FB4, 1}, {23783, 0x9FB5, 1},
                                       {23788, 0x9FB6, 2}, {23795, 0x9FB8, 1}, {23812, 0x9FB9, 1},
                                       {23829, 0x9FBA, 1}, {23845, 0x9FBB, 1}};

// ICU lacks ISO-8859-16; what is not listed is Latin-1.
constexpr std::pair<unsigned char, char16_t> kLatin10[] = {
    {0xa1, 0x0104}, {0xa2, 0x0105}, {0xa3, 0x0141}, {0xa4, 0x20ac}, {0xa5, 0x201e}, {0xa6, 0x0160},
    {0xa8, 0x0161}, {0xaa, 0x0218}, {0xac, 0x0179}, {0xae, 0x017a}, {0xaf, 0x017b}, {0xb2, 0x010c},
    {0xb3, 0x0142}, {0xb4, 0x017d}, {0xb5, 0x201d}, {0xb8, 0x017e}, {0xb9, 0x010d}, {0xba, 0x0219},
    {0xbc, 0x0152}, {0xbd, 0x0153}, {0xbe, 0x0178}, {0xbf, 0x017c}, {0xc3, 0x0102}, {0xc5, 0x0106},
    {0xd0, 0x0110}, {0xd1, 0x0143}, {0xd5, 0x0150}, {0xd7, 0x015a}, {0xd8, 0x0170}, {0xdd, 0x0118},
    {0xde, 0x021a}, {0xe3, 0x0103}, {0xe5, 0x0107}, {0xf0, 0x0111}, {0xf1, 0x0144}, {0xf5, 0x0151},
    {0xf7, 0x015b}, {0xf8, 0x0171}, {0xfd, 0x0119}, {0xfe, 0x021b}};

const std::map<std::string_view, const char*>& single_byte_converters() {
  static const std::map<std::string_view, const char*> names = {
      {"IBM866", "ibm-866_P100-1995"},
      {"ISO-8859-2", "ISO-8859-2"},
      {"ISO-8859-3", "ISO-8859-3"},
      {"ISO-8859-4", "ISO-8859-4"},
      {"ISO-8859-5", "ISO-8859-5"},
      {"ISO-8859-6", "ISO-8859-6"},
      {"ISO-8859-7", "ISO-8859-7"},
      {"ISO-8859-8", "ISO-8859-8"},
      {"ISO-8859-8-I", "ISO-8859-8"},
      {"ISO-8859-10", "ISO-8859-10"},
      {"ISO-8859-13", "ISO-8859-13"},
      {"ISO-8859-14", "ISO-8859-14"},
      {"ISO-8859-15", "ISO-8859-15"},
      {"ISO-8859-16", nullptr},
      {"KOI8-R", "KOI8-R"},
      {"KOI8-U", "KOI8-U"},
      {"macintosh", "macintosh"},
      {"windows-874", "windows-874-2000"},
      {"windows-1250", "ibm-5346_P100-1998"},
      {"windows-1251", "ibm-5347_P100-1998"},
      {"windows-1252", "ibm-5348_P100-1997"},
      {"windows-1253", "ibm-5349_P100-1998"},
      {"windows-1254", "ibm-5350_P100-1998"},
      {"windows-1255", "ibm-9447_P100-2002"},
      {"windows-1256", "ibm-9448_X100-2005"},
      {"windows-1257", "ibm-9449_P100-2002"},
      {"windows-1258", "ibm-5354_P100-1998"},
      {"x-mac-cyrillic", "macos-7_3-10.2"},
  };
  return names;
}

SingleByteTable read_single_byte(std::string_view encoding, const char* converter_name) {
  SingleByteTable table{};
  const auto at = [&](unsigned byte) -> char16_t& { return table[byte - 0x80]; };
  if (converter_name == nullptr) {
    for (unsigned byte = 0x80; byte < 0x100; ++byte) at(byte) = static_cast<char16_t>(byte);
    for (const auto& [byte, c] : kLatin10) at(byte) = c;
    return table;
  }
  Converter converter(converter_name);
  for (unsigned byte = 0x80; byte < 0x100; ++byte) {
    const char32_t c = converter.character(bytes({byte}));
    // macintosh alone has a private use character by right, Apple's logo.
    at(byte) = is_private_use(c) && encoding != "macintosh" ? 0 : static_cast<char16_t>(c);
  }
  if (encoding == "KOI8-U") at(0xAE) = 0x045E, at(0xBE) = 0x040E;
  if (encoding == "windows-1253") at(0xAA) = 0;
  if (encoding == "windows-1255") at(0xCA) = 0x05BA;
  return table;
}

}  // namespace

const SingleByteTable* single_byte_table(std::string_view encoding) {
  static const std::map<std::string_view, SingleByteTable> tables = [] {
    std::map<std::string_view, SingleByteTable> all;
    for (const auto& [name, converter] : single_byte_converters()) {
      all.emplace(name, read_single_byte(name, converter));
    }
    return all;
  }();
  const auto found = tables.find(encoding);
  return found == tables.end() ? nullptr : &found->second;
}

const Index& big5_index() {
  static const Index index = [] {
    Index result = read_index("Big5-HKSCS", 126 * 157, false, [](unsigned pointer) {
      const unsigned trail = pointer % 157;
      return bytes({pointer / 157 + 0x81, trail + (trail < 0x3F ? 0x40 : 0x62)});
    });
    correct(result, kBig5Corrections);
    return result;
  }();
  return index;
}

const Index& euc_kr_index() {
  static const Index index = read_index("windows-949-2000", 126 * 190, false, [](unsigned pointer) {
    return bytes({pointer / 190 + 0x81, pointer % 190 + 0x41});
  });
  return index;
}

const Index& gb18030_index() {
  static const Index index = [] {
    Index result = read_index("gb18030", 126 * 190, true, [](unsigned pointer) {
      const unsigned trail = pointer % 190;
      return bytes({pointer / 190 + 0x81, trail + (trail < 0x3F ? 0x40 : 0x41)});
    });
    correct(result, kGb18030Corrections);
    return result;
  }();
  return index;
}

const Index& jis0208_index() {
  static const Index index = read_index("ibm-943_P15A-2003", 60 * 188, false, [](unsigned pointer) {
    const unsigned lead = pointer / 188;
    const unsigned trail = pointer % 188;
    return bytes({lead + (lead < 0x1F ? 0x81 : 0xC1), trail + (trail < 0x3F ? 0x40 : 0x41)});
  });
  return index;
}

const Index& jis0212_index() {
  static const Index index = [] {
    Index result = read_index("euc-jp-2007", 94 * 94, false, [](unsigned pointer) {
      return bytes({0x8F, pointer / 94 + 0xA1, pointer % 94 + 0xA1});
    });
    // IBM's additions, which JIS X 0212 lacks.
    for (unsigned pointer = 7708; pointer <= 7730; ++pointer) result[pointer] = 0;
    return result;
  }();
  return index;
}

char32_t gb18030_ranges(unsigned pointer) {
  if (pointer >= 189'000 && pointer <= 1'237'575) return 0x10000 + (pointer - 189'000);
  if (pointer > 39'419) return 0;
  if (pointer == 7457) return 0xE7C7;
  static const Index bmp = read_index("gb18030", 39'420, true, [](unsigned p) {
    return bytes({p / 12'600 + 0x81, p / 1260 % 10 + 0x30, p / 10 % 126 + 0x81, p % 10 + 0x30});
  });
  return bmp[pointer];
}

}  // namespace weir::parse
