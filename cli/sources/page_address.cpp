#include "cli/sources/page_address.h"

#include <fmt/format.h>

#include <charconv>

namespace cox::cli {

Result<web::WebOptions> page_address(const std::string& option, const std::string& address) {
  web::WebOptions options;
  const std::size_t colon = address.rfind(':');
  const std::string port = colon == std::string::npos ? "" : address.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), options.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size() ||
      options.port < 0 || options.port > 65'535) {
    return invalid_argument(
        fmt::format("{} '{}': expected HOST:PORT, such as 127.0.0.1:7421", option, address));
  }
  options.host = address.substr(0, colon);
  if (options.host == "[::1]") options.host = "::1";
  return options;
}

}  // namespace cox::cli
