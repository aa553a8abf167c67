#pragma once

#include <cstddef>
#include <string>

namespace cox {

/// Returns `path` with each `{name}` replaced by `value`. Inserted text is not expanded again.
inline std::string filled_path(const std::string& path, const std::string& name,
                               const std::string& value) {
  const std::string mark = "{" + name + "}";
  std::string filled;
  std::size_t begin = 0;
  for (std::size_t at = path.find(mark); at != std::string::npos; at = path.find(mark, begin)) {
    filled += path.substr(begin, at - begin) + value;
    begin = at + mark.size();
  }
  return filled + path.substr(begin);
}

}  // namespace cox
