#include "parse/idle_attributes.h"

#include "parse/ascii.h"

namespace weir::parse {

bool is_idle_attribute(std::string_view name, std::string_view value) {
  switch (ascii::lower(name[0])) {
    case 'c':
      return ascii::equal(name, "class");
    case 'i':
      return ascii::equal(name, "id");
    case 'd':
      return ascii::starts_with(name, "data-");
    case 'a':
      return ascii::starts_with(name, "aria-") || ascii::equal(name, "align");
    case 'o':
      return name.size() > 2 && ascii::starts_with(name, "on");
    case 'r':
      return ascii::equal(name, "role");
    case 's':  // a style may hold URLs
      return ascii::equal(name, "style") && value.find_first_of("(\\&") == std::string_view::npos;
    case 't':
      return ascii::equal(name, "tabindex") || ascii::equal(name, "target");
    case 'w':
      return ascii::equal(name, "width");
    case 'h':
      return ascii::equal(name, "height");
    case 'v':
      return ascii::equal(name, "valign");
    default:
      return false;
  }
}

}  // namespace weir::parse
