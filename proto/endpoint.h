#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace cox {

/// Where programs look for a coordinator when no address is given, and where it listens.
constexpr const char* kDefaultAddress = "127.0.0.1:7420";

/// An address as people write it: HOST:PORT, [IPV6]:PORT or unix:PATH.
struct Address {
  std::string host;  ///< without brackets; the path of a unix socket
  int port = 0;      ///< 0 for a unix socket
  bool is_path = false;

  /// True for this machine's own addresses: 127.0.0.0/8, localhost, ::1 and unix sockets.
  bool is_loopback() const;
};

/// What an address is for: a server may listen on port 0, which picks a free port.
enum class AddressUse { kConnect, kListen };

/// Parses an address; every program and option uses this parser. gRPC's own takes port 99999 as
/// 34463 and a missing port as 443. kInvalidArgument says what was expected, and what was probably
/// meant.
Result<Address> parse_address(const std::string& text, AddressUse use = AddressUse::kConnect);

/// True for an address of this machine; false for others and for text that is not an address.
bool is_loopback(const std::string& address);

/// A coordinator to connect to.
struct Endpoint {
  std::string address = kDefaultAddress;
  std::string ca_file;  ///< CA certificate (PEM) of the coordinator; "" = no TLS
  std::string token;    ///< sent as `authorization: Bearer`, less one line end; "" = none
  std::string token_source = "COX_TOKEN";  ///< what a message calls the token
};

/// Returns the value of an environment variable, "" when it is not set.
using Environment = std::function<std::string(const char*)>;
std::string process_environment(const char* name);

/// Completes what the options --coordinator and --ca-file of any program gave ("" = not given):
/// from COX_COORDINATOR, COX_CA_FILE and COX_TOKEN, then from the defaults.
Endpoint endpoint_from(const std::string& address, const std::string& ca_file,
                       const Environment& environment = process_environment);

/// Returns the token that `text` holds: printable ASCII without spaces, less one line end after it;
/// gRPC ends the process over anything else. kInvalidArgument names `source`, never the token.
Result<std::string> token_in(std::string_view text, const std::string& source);

}  // namespace cox
