#include <catch2/catch.hpp>
#include <map>

#include "proto/endpoint.h"

using namespace cox;  // NOLINT: a test

TEST_CASE("an address is a host with a port, an IPv6 number in brackets, or a unix socket") {
  const Address plain = parse_address("gpu-node_3.example.org:7420").value();
  CHECK(plain.host == "gpu-node_3.example.org");
  CHECK(plain.port == 7420);
  CHECK(parse_address("[fe80::1]:65535")->host == "fe80::1");
  CHECK(parse_address("unix:/run/cox.sock")->is_path);
  CHECK(parse_address("127.0.0.1:0", AddressUse::kListen)->port == 0);
}

TEST_CASE("what is not an address is refused with what was probably meant") {
  const std::map<std::string, std::string> meant = {{"127.0.0.1:99999", ""},
                                                    {"127.0.0.1:0", ""},
                                                    {"127.0.0.1", "did you mean 127.0.0.1:7420?"},
                                                    {"gpu-node-3", "did you mean gpu-node-3:7420?"},
                                                    {"7450", "did you mean 127.0.0.1:7450?"},
                                                    {":7450", "did you mean 127.0.0.1:7450?"},
                                                    {"::1", "did you mean [::1]:7420?"},
                                                    {"[::1]", "did you mean [::1]:7420?"},
                                                    {"http://node:7420", "did you mean node:7420?"},
                                                    {"node:74x", ""},
                                                    {"node:", ""},
                                                    {"a b:1", ""},
                                                    {"unix:", ""},
                                                    {"", ""}};
  for (const auto& [text, suggestion] : meant) {
    INFO(text);
    const Status status = parse_address(text).status();
    CHECK(status.code() == StatusCode::kInvalidArgument);
    CHECK(status.message().find("'" + text + "'") != std::string::npos);
    CHECK((status.message().find("did you mean") != std::string::npos) == !suggestion.empty());
    CHECK(status.message().find(suggestion) != std::string::npos);
  }
}

TEST_CASE("every program gets its coordinator from the option, the variable or the default") {
  const auto variables = [](const char* name) {
    static const std::map<std::string, std::string> kSet = {
        {"COX_COORDINATOR", "h:1"}, {"COX_CA_FILE", "ca.pem"}, {"COX_TOKEN", "secret"}};
    return kSet.at(name);
  };
  const Endpoint given = endpoint_from("flag:2", "flag.pem", variables);
  CHECK(given.address == "flag:2");
  CHECK(given.ca_file == "flag.pem");
  const Endpoint named = endpoint_from("", "", variables);
  CHECK(named.address == "h:1");
  CHECK(named.ca_file == "ca.pem");
  CHECK(named.token == "secret");
  const Endpoint none = endpoint_from("", "", [](const char*) { return std::string(); });
  CHECK(none.address == kDefaultAddress);
  CHECK(none.ca_file.empty());
  CHECK(none.token.empty());
}
