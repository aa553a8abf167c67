#include "coordinator/web/export/inline_text.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "base/status.h"
#include "base/text.h"
#include "coordinator/web/page_files.h"

namespace cox::web {

namespace {

constexpr std::string_view kExport = "export ";

/// The file of a line `import {...} from "./NAME";`.
std::string imported(const std::string& line) {
  const std::size_t open = line.find("\"./");
  COX_CHECK(open != std::string::npos, fmt::format("expected one import a line, got '{}'", line));
  return line.substr(open + 3, line.find('"', open + 3) - open - 3);
}

}  // namespace

std::string base64(std::string_view bytes) {
  // EVP_EncodeBlock writes 4 characters for each 3 bytes begun, and a NUL.
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int written = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                      reinterpret_cast<const unsigned char*>(bytes.data()),
                                      static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(written));
  return text;
}

std::string inline_source(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return fmt::format("'sha256-{}'",
                     base64({reinterpret_cast<const char*>(digest.data()), digest.size()}));
}

std::string joined_modules(const std::vector<std::string>& names) {
  std::string script;
  for (auto name = names.begin(); name != names.end(); ++name) {
    const auto file = page_files().find(*name);
    COX_CHECK(file != page_files().end(), fmt::format("the page has no file '{}'", *name));
    for (const std::string& line : split(file->second, '\n')) {
      if (starts_with(line, "import ")) {
        COX_CHECK(
            std::find(names.begin(), name, imported(line)) != name,
            fmt::format("'{}' imports '{}', which is not joined before it", *name, imported(line)));
        continue;
      }
      script += starts_with(line, kExport) ? line.substr(kExport.size()) : line;
      script += '\n';
    }
  }
  return script;
}

std::string json_for_page(std::string json) {
  for (std::size_t at = json.find('<'); at != std::string::npos; at = json.find('<', at)) {
    json.replace(at, 1, "\\u003c");
  }
  return json;
}

}  // namespace cox::web
