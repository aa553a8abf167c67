// cox-test-coordinator: the product's coordinator and server with times short enough for tests.

#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <thread>

#include "coordinator/service/coordinator.h"
#include "coordinator/service/server.h"

namespace cox::test {
namespace {

struct Flags {
  service::ServerOptions server;
  std::string database;
  std::int64_t lease_ms = 2'000;
  std::int64_t heartbeat_ms = 200;
  std::int64_t grace_ms = 10'000;
};

int fail(const Status& status) {
  std::fprintf(stderr, "cox-test-coordinator: %s\n", status.to_string().c_str());
  return 1;
}

int run(const Flags& flags) {
  ::signal(SIGXFSZ, SIG_IGN);  // a full disk is an error of the write, not the end of the process
  sigset_t ending;
  ::sigemptyset(&ending);
  ::sigaddset(&ending, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &ending, nullptr);

  service::CoordinatorOptions options;
  options.database = flags.database;
  options.lease = flags.lease_ms * kMillisecondUs;
  options.heartbeat = flags.heartbeat_ms * kMillisecondUs;
  options.reconnect_grace = flags.grace_ms * kMillisecondUs;
  options.tick = 20 * kMillisecondUs;
  auto coordinator = service::Coordinator::open(options);
  if (!coordinator.is_ok()) return fail(coordinator.status());
  auto server = service::Server::start(**coordinator, flags.server);
  if (!server.is_ok()) return fail(server.status());
  std::printf("listening %s\n", (*server)->address().c_str());
  std::fflush(stdout);

  constexpr timespec kLook = {0, 20'000'000};
  while ((*coordinator)->stopped().is_ok() && (*server)->stopped().is_ok()) {
    if (::sigtimedwait(&ending, nullptr, &kLook) == SIGTERM) return 0;
  }
  return fail((*coordinator)->stopped().is_ok() ? (*server)->stopped() : (*coordinator)->stopped());
}

}  // namespace
}  // namespace cox::test

int main(int argc, char** argv) {
  cox::test::Flags flags;
  CLI::App app("A coordinator for tests.");
  app.add_option("--db", flags.database)->required();
  app.add_option("--listen", flags.server.address);
  app.add_option("--tls-cert", flags.server.tls_certificate);
  app.add_option("--tls-key", flags.server.tls_key);
  app.add_option("--lease-ms", flags.lease_ms);
  app.add_option("--heartbeat-ms", flags.heartbeat_ms);
  app.add_option("--grace-ms", flags.grace_ms);
  CLI11_PARSE(app, argc, argv);
  return cox::test::run(flags);
}
