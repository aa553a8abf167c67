#include "coordinator/service/server.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "coordinator/service/listen_address.h"
#include "cox/v1/sweep.grpc.pb.h"
#include "cox/v1/worker.grpc.pb.h"
#include "proto/channel.h"
#include "tests/support/certificate.h"
#include "tests/unit/service/service_fixture.h"

using namespace cox;        // NOLINT: a test
using namespace cox::test;  // NOLINT
using service::check_listen_address;
using service::Server;
using service::ServerOptions;

namespace {

constexpr std::chrono::milliseconds kCallTime{10'000};
constexpr const char* kSubmitToken = "submit-0123456789abcdef";
constexpr const char* kWorkToken = "work-0123456789abcdef";
constexpr const char* kReadToken = "read-0123456789abcdef";

Status progress_status(const Endpoint& endpoint) {
  const auto stub = v1::SweepService::NewStub(must(open_channel(endpoint)));
  grpc::ClientContext context;
  prepare(context, endpoint, kCallTime);
  v1::ProgressReply reply;
  return from_grpc(stub->Progress(&context, {}, &reply));
}

Status submit_status(const Endpoint& endpoint) {
  const auto stub = v1::SweepService::NewStub(must(open_channel(endpoint)));
  grpc::ClientContext context;
  prepare(context, endpoint, kCallTime);
  v1::SubmitReply reply;
  const v1::SubmitRequest request = service::submit_request_of(sample_plan("s1", 1, 1));
  return from_grpc(stub->Submit(&context, request, &reply));
}

Status register_status(const Endpoint& endpoint) {
  const auto stub = v1::WorkerService::NewStub(must(open_channel(endpoint)));
  grpc::ClientContext context;
  prepare(context, endpoint, kCallTime);
  v1::RegisterRequest request = worker::versioned_identity();
  request.set_name("w0");
  v1::RegisterReply reply;
  return from_grpc(stub->Register(&context, request, &reply));
}

std::string token_file(const ServiceFixture& test) {
  const std::string path = test.directory / "tokens";
  std::ofstream(path) << "# who may do what\nsubmit " << kSubmitToken << "\nwork " << kWorkToken
                      << "\nread " << kReadToken << "\n";
  std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  return path;
}

}  // namespace

TEST_CASE("Calls cross the wire with their codes and messages") {
  ServiceFixture test;
  const auto server = must(Server::start(*test.coordinator, {}));
  const Endpoint endpoint{server->address(), "", ""};
  CHECK(submit_status(endpoint).is_ok());
  CHECK(progress_status(endpoint).is_ok());
  CHECK(register_status(endpoint).is_ok());
  CHECK(test.progress().queued() == 1);

  const auto stub = v1::SweepService::NewStub(must(open_channel(endpoint)));
  grpc::ClientContext context;
  prepare(context, endpoint, kCallTime);
  v1::QueryRequest request;
  request.set_sql(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
      "SELECT i FROM n");
  const auto reader = stub->Query(&context, request);
  int rows = 0;
  int headers = 0;
  for (v1::QueryReply reply; reader->Read(&reply); reply.Clear()) {
    rows += reply.rows_size();
    headers += reply.columns_size();
  }
  CHECK(from_grpc(reader->Finish()).is_ok());
  CHECK(rows == 1000);
  CHECK(headers == 1);

  grpc::ClientContext bad_context;
  prepare(bad_context, endpoint, kCallTime);
  v1::ChangeReply reply;
  const Status status = from_grpc(stub->Cancel(&bad_context, {}, &reply));
  CHECK(status.code() == StatusCode::kInvalidArgument);
  CHECK(status.message().find("nothing is selected") != std::string::npos);
}

TEST_CASE("A port that is taken gives a clear message") {
  ServiceFixture test;
  const auto server = must(Server::start(*test.coordinator, {}));
  const auto second = Server::start(*test.coordinator, {.address = server->address()});
  REQUIRE_FALSE(second.is_ok());
  CHECK(second.status().code() == StatusCode::kUnavailable);
  CHECK(second.status().message().find("port is in use") != std::string::npos);
}

TEST_CASE("An address that is no host and port is refused, with what was got") {
  ServiceFixture test;
  for (const char* address : {"127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:65536",
                              "127.0.0.1:-1", "127.0.0.1:http", "127.0.0.1:80 ", "127.0.0.1:+7",
                              ":7420", "", "localhost", "127.0.0.1:1:2"}) {
    INFO(address);
    const Status status = check_listen_address(address);
    CHECK(status.code() == StatusCode::kInvalidArgument);
    CHECK(status.message().find(concat("'", address, "'")) != std::string::npos);
    CHECK_FALSE(Server::start(*test.coordinator, {.address = address}).is_ok());
  }
  for (const char* address :
       {"127.0.0.1:0", "localhost:0", "0.0.0.0:0", "[::1]:0", "unix:/tmp/x"}) {
    INFO(address);
    CHECK(check_listen_address(address).code() != StatusCode::kInvalidArgument);
  }
  CHECK(check_listen_address("192.0.2.1:7420").message().find("not this machine's") !=
        std::string::npos);
}

TEST_CASE("What a start would refuse is known before there is a coordinator") {
  ServiceFixture test;
  CHECK(Server::check({}).is_ok());
  const auto server = must(Server::start(*test.coordinator, {}));
  CHECK(Server::check({.address = server->address()}).code() == StatusCode::kUnavailable);
  CHECK(Server::check({.address = "0.0.0.0:0"}).code() == StatusCode::kFailedPrecondition);
  CHECK(Server::check({.token_file = test.directory / "none"}).code() == StatusCode::kNotFound);
}

TEST_CASE("A certificate and a key that do not belong together are told from a taken port") {
  ServiceFixture test;
  const auto in = [&](const char* name) { return test.directory / name; };
  write_certificate(in("a.pem"), in("a.key"));
  write_certificate(in("b.pem"), in("b.key"));
  std::ofstream(in("garbage")) << "-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n";
  const auto message = [&](const char* certificate, const char* key) {
    const ServerOptions options{.tls_certificate = in(certificate), .tls_key = in(key)};
    const auto server = Server::start(*test.coordinator, options);
    CHECK(server.is_ok() == server.status().message().empty());
    return server.status().message();
  };
  CHECK(message("a.pem", "a.key").empty());
  CHECK(message("a.pem", "b.key").find("does not belong to the certificate") != std::string::npos);
  CHECK(message("garbage", "a.key").find("garbage' contains no PEM certificate") !=
        std::string::npos);
  CHECK(message("a.pem", "garbage").find("garbage' contains no PEM private key") !=
        std::string::npos);
  CHECK(message("a.key", "a.pem").find("a.key' contains no PEM certificate") != std::string::npos);
  CHECK(message("none", "a.key").find("none'") != std::string::npos);
}

TEST_CASE("A key that others can read, or a certificate that has expired, is refused") {
  ServiceFixture test;
  const std::string certificate = test.directory / "a.pem";
  const std::string key = test.directory / "a.key";
  const auto status = [&] {
    return Server::check({.tls_certificate = certificate, .tls_key = key});
  };
  write_certificate(certificate, key);
  REQUIRE(status().is_ok());
  std::filesystem::permissions(key, std::filesystem::perms::group_read,
                               std::filesystem::perm_options::add);
  CHECK(status().message().find("chmod 600") != std::string::npos);
  write_certificate(certificate, key, -3'600);
  CHECK(status().message().find("has expired") != std::string::npos);
}

TEST_CASE("A query that its caller does not read ends by itself") {
  ServiceFixture test;
  const auto server = must(Server::start(*test.coordinator, {.longest_query_s = 1}));
  const auto channel = must(open_channel({server->address(), "", ""}));
  const auto stub = v1::SweepService::NewStub(channel);
  grpc::ClientContext context;
  v1::QueryRequest request;
  // More than fits into the buffers of a connection.
  request.set_sql(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) "
      "SELECT i, hex(zeroblob(500)) FROM n");
  const auto reader = stub->Query(&context, request);
  std::this_thread::sleep_for(std::chrono::milliseconds(1'500));
  v1::QueryReply reply;
  while (reader->Read(&reply)) {
  }
  const grpc::Status status = reader->Finish();
  CHECK((status.error_code() == grpc::StatusCode::CANCELLED ||
         status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED));
}

TEST_CASE("Listening for other machines needs TLS and tokens") {
  ServiceFixture test;
  for (const char* address : {"0.0.0.0:0", "[::]:0", "10.1.2.3:7420", "example.org:7420"}) {
    const auto server = Server::start(*test.coordinator, {.address = address});
    INFO(address);
    CHECK(server.status().code() == StatusCode::kFailedPrecondition);
    CHECK(server.status().message().find("TLS") != std::string::npos);
  }
  const auto half =
      Server::start(*test.coordinator, {.address = "0.0.0.0:0", .token_file = token_file(test)});
  CHECK(half.status().code() == StatusCode::kFailedPrecondition);
}

TEST_CASE("Tokens give each caller its role") {
  ServiceFixture test;
  const auto server = must(Server::start(*test.coordinator, {.token_file = token_file(test)}));
  const auto as = [&](const char* token) { return Endpoint{server->address(), "", token}; };
  CHECK(progress_status(as("")).code() == StatusCode::kUnauthenticated);
  CHECK(progress_status(as("wrong-0123456789abcdef")).code() == StatusCode::kUnauthenticated);
  CHECK(progress_status(as(kReadToken)).is_ok());
  CHECK(progress_status(as(kSubmitToken)).is_ok());
  CHECK(progress_status(as(kWorkToken)).code() == StatusCode::kPermissionDenied);
  CHECK(submit_status(as(kReadToken)).code() == StatusCode::kPermissionDenied);
  CHECK(submit_status(as(kSubmitToken)).is_ok());
  CHECK(register_status(as(kWorkToken)).is_ok());
  CHECK(register_status(as(kSubmitToken)).code() == StatusCode::kPermissionDenied);
}

TEST_CASE("Over TLS a client that knows the certificate gets in, others do not") {
  ServiceFixture test;
  const std::string certificate = test.directory / "server.pem";
  const std::string key = test.directory / "server.key";
  write_certificate(certificate, key);
  const auto server = must(Server::start(*test.coordinator, {.address = "0.0.0.0:0",
                                                             .tls_certificate = certificate,
                                                             .tls_key = key,
                                                             .token_file = token_file(test)}));
  const std::string port = server->address().substr(server->address().rfind(':'));
  const Endpoint known{"127.0.0.1" + port, certificate, kReadToken};
  CHECK(progress_status(known).is_ok());
  CHECK(progress_status({known.address, "", kReadToken}).code() == StatusCode::kUnavailable);
}

TEST_CASE("A token never travels in clear text to another machine") {
  const auto channel = open_channel({"example.org:7420", "", kReadToken});
  CHECK(channel.status().code() == StatusCode::kInvalidArgument);
}

TEST_CASE("only this machine's own addresses are loopback, not names that begin like them") {
  for (const char* own :
       {"127.0.0.1:7420", "127.8.9.1:1", "localhost:7420", "[::1]:7420", "unix:/run/cox"}) {
    INFO(own);
    CHECK(is_loopback(own));
  }
  for (const char* other : {"127.0.0.1.example.org:7420", "127.evil:1", "localhost.example.org:1",
                            "10.0.0.1:7420", "0.0.0.0:7420", "[::]:7420"}) {
    INFO(other);
    CHECK_FALSE(is_loopback(other));
  }
}

TEST_CASE("A token that no header can carry is refused where it is read, and never shown") {
  CHECK(*token_in("abc\n", "COX_TOKEN") == "abc");
  CHECK(*token_in("abc\r\n", "COX_TOKEN") == "abc");
  CHECK(*token_in("!~", "COX_TOKEN") == "!~");
  for (const char* text : {"", "\n", "secret\n\n", "sec\rret", "secret\nother\n", "work secret",
                           "s\xc3\xa9"
                           "cret",
                           "secret\x7f", "\tsecret"}) {
    const Status status = token_in(text, "token file 'tokens'").status();
    CHECK(status.code() == StatusCode::kInvalidArgument);
    CHECK(status.message().find("token file 'tokens'") == 0);
    CHECK(status.message().find("ret") == std::string::npos);
  }
}

TEST_CASE("A token from the environment may end its line; one with a stray character is refused") {
  ServiceFixture test;
  const auto server = must(Server::start(*test.coordinator, {.token_file = token_file(test)}));
  const std::string token = kReadToken;
  CHECK(progress_status({server->address(), "", token + "\n"}).is_ok());
  for (const std::string& stray : {token + "\n\n", "\r" + token, token + " "}) {
    const auto channel = open_channel({server->address(), "", stray});
    CHECK(channel.status().code() == StatusCode::kInvalidArgument);
    CHECK(channel.status().message().find("COX_TOKEN") == 0);
  }
}

TEST_CASE("A token file that others can read, or that is no token file, is refused") {
  ServiceFixture test;
  const std::string path = token_file(test);
  std::filesystem::permissions(path, std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  CHECK(Server::start(*test.coordinator, {.token_file = path}).status().message().find("chmod") !=
        std::string::npos);
  for (const char* content :
       {"", "admin 0123456789abcdef\n", "read short\n", "read\n", "read 0123456789 abcdef\n",
        "read 0123456789\xc3\xa9"
        "abcdef\n"}) {
    const std::string other = test.directory / "other";
    std::filesystem::remove(other);
    std::ofstream(other) << content;
    std::filesystem::permissions(other, std::filesystem::perms::owner_read);
    INFO(content);
    CHECK(Server::start(*test.coordinator, {.token_file = other}).status().code() ==
          StatusCode::kInvalidArgument);
  }
}
