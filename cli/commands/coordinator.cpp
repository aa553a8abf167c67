#include <poll.h>

#include <CLI/CLI.hpp>
#include <cmath>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress/signals.h"
#include "coordinator/service/coordinator.h"
#include "coordinator/service/server.h"

namespace cox::cli {

namespace {

constexpr int kWatchIntervalMs = 200;  ///< how soon a signal or a failed disk is noticed

class CoordinatorCommand final : public Command {
 public:
  CommandText text() const override {
    return {.name = "coordinator",
            .summary = "Keep the queue and the results; workers and people connect to it",
            .examples =
                "cox coordinator --db results.db\n"
                "cox coordinator --db results.db --listen 0.0.0.0:7420 \\\n"
                "    --tls-cert server.pem --tls-key server.key --token-file tokens"};
  }

  void declare(CLI::App& app) override {
    app.add_option("--db", options_.database, "Database file, created when missing (env COX_DB)")
        ->envname("COX_DB")
        ->required()
        ->type_name("FILE");
    app.add_option("--listen", server_.address, "Where to listen; port 0 picks a free one")
        ->type_name("HOST:PORT")
        ->capture_default_str();
    app.add_option("--tls-cert", server_.tls_certificate, "PEM certificate; required off loopback")
        ->type_name("FILE");
    app.add_option("--tls-key", server_.tls_key, "PEM key of the certificate")->type_name("FILE");
    app.add_option("--token-file", server_.token_file,
                   "Lines 'ROLE TOKEN', role submit, work or read; required off loopback")
        ->type_name("FILE");
    app.add_option("--lease", lease_s_, "Seconds until a silent worker loses its jobs")
        ->check(CLI::Range(1.0, 86'400.0))
        ->capture_default_str();
  }

  Result<ExitCode> run(Session& session) override {
    if (!std::isfinite(lease_s_)) {
      return invalid_argument(concat("--lease: expected a number of seconds, got ", lease_s_));
    }
    options_.lease = static_cast<DurationUs>(lease_s_ * static_cast<double>(kSecondUs));
    options_.heartbeat = std::min(options_.heartbeat, options_.lease / 3);
    COX_RETURN_IF_ERROR(check_database_name(options_.database));
    const StopSignals signals;
    if (const Status status = service::Server::check(server_); !status.is_ok()) {
      return of_surroundings(status);
    }
    const auto opened = service::Coordinator::open(options_);
    if (!opened.is_ok()) return of_surroundings(opened.status());
    const auto& coordinator = *opened;
    const auto started = service::Server::start(*coordinator, server_);
    if (!started.is_ok()) return of_surroundings(started.status());
    const auto& server = *started;
    session.say(concat("coordinator of '", options_.database, "' listens on ", server->address()));
    session.say(concat("start workers with: cox-worker --coordinator ", server->address()));
    while (signals.count() == 0) {
      const Status stopped = coordinator->stopped();
      if (!stopped.is_ok()) return internal_error(stopped.message());
      if (!server->stopped().is_ok()) return internal_error(server->stopped().message());
      poll(nullptr, 0, kWatchIntervalMs);
    }
    session.say("stopping; all acknowledged results are on disk, workers wait for a restart");
    coordinator->stop();
    server->shutdown();
    return kExitOk;
  }

 private:
  static service::ServerOptions default_server() {
    service::ServerOptions options;
    options.address = kDefaultAddress;
    return options;
  }

  service::CoordinatorOptions options_;
  service::ServerOptions server_ = default_server();
  double lease_s_ = 60;
};

}  // namespace

CommandPtr make_coordinator() { return std::make_unique<CoordinatorCommand>(); }

}  // namespace cox::cli
