#include "parse/json_ld.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace weir::parse {
namespace {

class TypeCollector : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit TypeCollector(std::vector<std::string>& types) : types_(types) {}

  bool null() override { return value(); }
  bool boolean(bool) override { return value(); }
  bool number_integer(number_integer_t) override { return value(); }
  bool number_unsigned(number_unsigned_t) override { return value(); }
  bool number_float(number_float_t, const string_t&) override { return value(); }
  bool binary(binary_t&) override { return value(); }
  bool string(string_t& text) override {
    if (is_type_ && !text.empty() && text.size() <= kMaxJsonLdTypeBytes &&
        std::find(types_.begin(), types_.end(), text) == types_.end()) {
      types_.push_back(text);
    }
    return value() && types_.size() < kMaxJsonLdTypes;
  }
  bool start_object(std::size_t) override { return is_type_ = in_array_ = false, true; }
  bool key(string_t& name) override {
    is_type_ = name == "@type";
    in_array_ = false;
    return true;
  }
  bool end_object() override { return is_type_ = false, true; }
  bool start_array(std::size_t) override { return in_array_ = is_type_, true; }
  bool end_array() override { return is_type_ = in_array_ = false, true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override {
    return false;
  }

 private:
  bool value() {
    if (!in_array_) is_type_ = false;
    return true;
  }

  std::vector<std::string>& types_;
  bool is_type_ = false;   // the value that comes is one of @type
  bool in_array_ = false;  // ... as is the one after
};

}  // namespace

void json_ld_types(std::string_view json, std::vector<std::string>& types) {
  if (types.size() >= kMaxJsonLdTypes) return;
  TypeCollector collector(types);
  nlohmann::json::sax_parse(json.begin(), json.end(), &collector);
}

}  // namespace weir::parse
