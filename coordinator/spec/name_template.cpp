#include "coordinator/spec/name_template.h"

#include <cctype>
#include <vector>

#include "base/text.h"
#include "coordinator/spec/read_value.h"

namespace cox::spec {

std::string name_part(const Value& value) {
  const auto* list = value.get_if<Value::List>();
  if (list == nullptr) return shown(value);
  std::vector<std::string> parts;
  for (const Value& item : *list) parts.push_back(shown(item));
  return join(parts, "+");
}

std::optional<std::string> fill_template(
    const std::string& text, const Position& at,
    const std::function<std::optional<Value>(const std::string&)>& lookup,
    Diagnostics& diagnostics) {
  std::string filled;
  size_t start = 0;
  while (start < text.size()) {
    const size_t brace = text.find_first_of("{}", start);
    filled += text.substr(start, brace - start);
    if (brace == std::string::npos) return filled;
    const size_t end = text.find('}', brace);
    if (text[brace] == '}' || end == std::string::npos) {
      diagnostics.error(at, concat("name: unmatched '", text[brace], "' in '", text, "'"));
      return std::nullopt;
    }
    const std::string name = text.substr(brace + 1, end - brace - 1);
    const auto value = lookup(name);
    if (!value) {
      diagnostics.error(at, "name: {" + name + "} has no value in every run",
                        "allowed: index, id, method, a parameter, a name under derive");
      return std::nullopt;
    }
    filled += name_part(*value);
    start = end + 1;
  }
  return filled;
}

std::string name_error(const std::string& name) {
  constexpr size_t kMaxLength = 120;
  if (name.empty()) return "a run's name is empty";
  if (name.size() > kMaxLength) {
    return concat("a run's name has ", name.size(), " characters, more than ", kMaxLength);
  }
  for (const char c : name) {
    const bool allowed =
        std::isalnum(static_cast<unsigned char>(c)) != 0 ||
        (&c != &name.front() && std::string("._+=,:-").find(c) != std::string::npos);
    if (!allowed) {
      return concat(
          "'", name, "' cannot name a run because of '", c,
          "': letters, digits and . _ + = , : - are allowed, the first a letter or digit");
    }
  }
  return "";
}

}  // namespace cox::spec
