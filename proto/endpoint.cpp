#include "proto/endpoint.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "base/text.h"

namespace cox {

namespace {

constexpr int kGreatestPort = 65'535;
constexpr std::size_t kShownAddressCharacters = 200;
constexpr std::string_view kPathPrefix = "unix:";

/// The number, or -1 for other text.
int port_in(std::string_view text) {
  int port = -1;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && rest == text.data() + text.size() ? port : -1;
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

bool is_host(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_host_character);
}

bool is_bracketed(std::string_view text) {
  return text.size() > 2 && starts_with(text, "[") && ends_with(text, "]") &&
         text.find_first_of("[]", 1) == text.size() - 1;
}

/// What was probably meant by text that is not an address; "" when nobody can know.
std::string suggestion(const std::string& text) {
  const int port = port_in(text);
  const std::string_view by_default = kDefaultAddress;
  const std::string_view default_port = by_default.substr(by_default.rfind(':') + 1);
  if (port > 0 && port <= kGreatestPort) return "127.0.0.1:" + text;
  if (starts_with(text, ":") && port_in(text.substr(1)) > 0) return "127.0.0.1" + text;
  if (is_host(text) || is_bracketed(text)) return fmt::format("{}:{}", text, default_port);
  in6_addr number{};
  if (::inet_pton(AF_INET6, text.c_str(), &number) == 1) {
    return fmt::format("[{}]:{}", text, default_port);
  }
  for (const char* scheme : {"http://", "https://", "grpc://"}) {
    if (starts_with(text, scheme)) return text.substr(std::string_view(scheme).size());
  }
  return "";
}

}  // namespace

Result<Address> parse_address(const std::string& text, AddressUse use) {
  if (starts_with(text, kPathPrefix) && text.size() > kPathPrefix.size()) {
    return Address{text.substr(kPathPrefix.size()), 0, true};
  }
  const int least_port = use == AddressUse::kListen ? 0 : 1;
  if (const std::size_t colon = text.rfind(':'); colon != std::string::npos) {
    const std::string host = text.substr(0, colon);
    const int port = port_in(std::string_view(text).substr(colon + 1));
    if (port >= least_port && port <= kGreatestPort) {
      if (is_host(host)) return Address{host, port, false};
      if (is_bracketed(host)) return Address{host.substr(1, host.size() - 2), port, false};
    }
  }
  const std::string meant = suggestion(text);
  return invalid_argument(fmt::format(
      "expected HOST:PORT with a port from {} to {}, such as {} or [::1]:7420, got '{}'{}",
      least_port, kGreatestPort, kDefaultAddress, escaped(text.substr(0, kShownAddressCharacters)),
      meant.empty() ? "" : fmt::format("; did you mean {}?", meant)));
}

bool Address::is_loopback() const {
  in_addr number{};  // a name that only begins like a number, 127.0.0.1.example.org, leads anywhere
  const bool is_number = ::inet_pton(AF_INET, host.c_str(), &number) == 1;
  return is_path || (is_number && starts_with(host, "127.")) || host == "localhost" ||
         host == "::1";
}

bool is_loopback(const std::string& address) {
  const Result<Address> parsed = parse_address(address, AddressUse::kListen);
  return parsed.is_ok() && parsed->is_loopback();
}

std::string process_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Endpoint endpoint_from(const std::string& address, const std::string& ca_file,
                       const Environment& environment) {
  const auto first_of = [](std::initializer_list<std::string> texts) {
    const auto found =
        std::find_if(texts.begin(), texts.end(), [](const auto& text) { return !text.empty(); });
    return found == texts.end() ? std::string() : *found;
  };
  Endpoint endpoint;
  endpoint.address = first_of({address, environment("COX_COORDINATOR"), kDefaultAddress});
  endpoint.ca_file = first_of({ca_file, environment("COX_CA_FILE")});
  endpoint.token = environment("COX_TOKEN");
  return endpoint;
}

Result<std::string> token_in(std::string_view text, const std::string& source) {
  if (ends_with(text, "\n")) text.remove_suffix(1);
  if (ends_with(text, "\r")) text.remove_suffix(1);
  if (text.empty()) return invalid_argument(fmt::format("{} holds no token", source));
  const auto stray =
      std::find_if(text.begin(), text.end(), [](char c) { return c <= ' ' || c > '~'; });
  if (stray == text.end()) return std::string(text);
  const int byte = static_cast<unsigned char>(*stray);
  const std::string got = byte == ' '                    ? "a space"
                          : byte == '\n' || byte == '\r' ? "a line end"
                                                         : fmt::format("byte {}", byte);
  return invalid_argument(
      fmt::format("{}: expected one token of printable ASCII without spaces, got {} as character "
                  "{}",
                  source, got, stray - text.begin() + 1));
}

}  // namespace cox
