#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <filesystem>
#include <limits>
#include <memory>

#include "cli/commands.h"
#include "cli/event_options.h"
#include "cli/local/lock_note.h"
#include "cli/options.h"
#include "cli/progress/signals.h"
#include "cli/sources/page_address.h"
#include "cli/sources/page_changes.h"
#include "cli/sources/playable_folder.h"
#include "coordinator/service/coordinator.h"
#include "coordinator/service/gate.h"
#include "coordinator/service/listen_address.h"
#include "coordinator/service/server.h"
#include "coordinator/watch/pages.h"
#include "coordinator/web/database_pool.h"
#include "proto/loopback_pages.h"

namespace cox::cli {

namespace {

/// Later than every failure: metrics need no failures.
constexpr std::uint64_t kNewestOnly = std::numeric_limits<std::uint64_t>::max();
constexpr const char* kMetricsOption = "--metrics";
constexpr int kWatchIntervalMs = 200;  ///< how soon a signal or a disk failure is noticed

class CoordinatorCommand final : public Command {
 public:
  CommandText text() const override {
    return {.name = "coordinator",
            .summary = "Keep the queue and the results; serve workers and commands",
            .examples =
                "cox coordinator --db results.db\n"
                "cox coordinator --db results.db --listen 0.0.0.0:7420 \\\n"
                "    --tls-cert server.pem --tls-key server.key --token-file tokens\n"
                "cox coordinator --db results.db --web 127.0.0.1:7421"};
  }

  void declare(CLI::App& app) override {
    app.add_option("--db", options_.database, "Database file, created when missing (env COX_DB)")
        ->envname("COX_DB")
        ->check(not_empty)
        ->required()
        ->type_name("FILE");
    app.add_option("--listen", server_.address, "Address to listen on; port 0 selects a free port")
        ->type_name("HOST:PORT")
        ->capture_default_str();
    app.add_option("--tls-cert", server_.tls_certificate,
                   "Certificate (PEM); required off loopback")
        ->type_name("FILE");
    app.add_option("--tls-key", server_.tls_key, "Private key of the certificate (PEM)")
        ->type_name("FILE");
    app.add_option("--token-file", server_.token_file,
                   "Lines 'ROLE TOKEN', role submit, work or read; required off loopback")
        ->type_name("FILE");
    app.add_option("--web", web_,
                   "Also serve the page of 'cox dashboard' at this loopback address; port 0 "
                   "selects a free port")
        ->type_name("HOST:PORT");
    app.add_option("--lease", lease_s_, "Seconds after which a silent worker loses its jobs")
        ->check(CLI::Range(1.0, 86'400.0))
        ->capture_default_str();
    app.add_option(kMetricsOption, metrics_address_,
                   "Loopback address for Prometheus, which reads /metrics there, and for "
                   "supervisors, which read /health")
        ->type_name("HOST:PORT");
    events_.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    if (!std::isfinite(lease_s_)) {
      return invalid_argument(
          fmt::format("--lease: expected a number of seconds, got {}", lease_s_));
    }
    options_.lease = static_cast<DurationUs>(lease_s_ * static_cast<double>(kSecondUs));
    options_.heartbeat = std::min(options_.heartbeat, options_.lease / 3);
    COX_RETURN_IF_ERROR(check_database_name(options_.database));
    const StopSignals signals;
    if (const Status status = service::Server::check(server_); !status.is_ok()) {
      return of_surroundings(status);
    }
    COX_RETURN_IF_ERROR(of_surroundings(check_metrics_address()));
    if (!std::filesystem::exists(options_.database)) {
      session.say(fmt::format("creating the database '{}'", options_.database));
    }
    const auto opened = service::Coordinator::open(options_);
    if (!opened.is_ok()) return of_surroundings(opened.status());
    const auto& coordinator = *opened;
    const auto started = service::Server::start(*coordinator, server_);
    if (!started.is_ok()) return of_surroundings(started.status());
    const auto& server = *started;
    COX_RETURN_IF_ERROR(of_surroundings(note_address(options_.database, server->address())));
    session.say(
        fmt::format("coordinator of '{}' listens on {}", options_.database, server->address()));
    session.say(fmt::format("start workers with: {}", worker_command(server->address())));
    COX_ASSIGN_OR_RETURN(const auto page, serve_page(*coordinator));
    if (page != nullptr) session.say(fmt::format("page: {}", page->address()));
    const auto pages = serve_metrics(*coordinator);
    if (!pages.is_ok()) return of_surroundings(pages.status());
    if (*pages != nullptr) {
      session.say(fmt::format("metrics at {0}/metrics, health at {0}/health", (*pages)->address()));
    }
    const watch::EventWatch events = events_.watch(*coordinator);
    if (!server_.tls_certificate.empty()) {
      session.say(
          "on other machines, use a copy of the certificate (of the CA's, if a CA signed it) and a "
          "token with the role 'work'");
    }
    while (signals.count() == 0) {
      const Status stopped = coordinator->stopped();
      if (!stopped.is_ok()) return internal_error(stopped.message());
      if (!server->stopped().is_ok()) return internal_error(server->stopped().message());
      poll(nullptr, 0, kWatchIntervalMs);
    }
    session.say("stopping: all acknowledged results are on disk, and workers wait for a restart");
    coordinator->stop();
    server->shutdown();
    return kExitOk;
  }

 private:
  /// The page of --web; nullptr without. With a token file a person logs in with one of its tokens.
  Result<std::unique_ptr<web::WebServer>> serve_page(service::Coordinator& coordinator) const {
    if (web_.empty()) return std::unique_ptr<web::WebServer>();
    COX_ASSIGN_OR_RETURN(web::WebOptions options, page_address("--web", web_));
    options.cache_folder = playable_folder({options_.database, {}});
    options.open_role = web::Role::kSubmit;
    options.change = [&coordinator](const web::Change& change) {
      return make_change(coordinator, change);
    };
    if (!server_.token_file.empty()) {
      COX_ASSIGN_OR_RETURN(service::Gate gate, service::Gate::load(server_.token_file));
      options.role_of_token = [gate = std::move(gate)](const std::string& token) {
        if (gate.has_role(token, service::Role::kSubmit)) return web::Role::kSubmit;
        return gate.has_role(token, service::Role::kRead) ? web::Role::kRead : web::Role::kNone;
      };
    }
    COX_ASSIGN_OR_RETURN(report::Query query, web::shared_database_query(options_.database));
    auto started = web::WebServer::start(options, std::move(query));
    if (!started.is_ok()) return of_surroundings(started.status());
    return started;
  }

  /// The pages of --metrics; nullptr without.
  Result<std::unique_ptr<LoopbackPages>> serve_metrics(service::Coordinator& coordinator) const {
    if (metrics_address_.empty()) return std::unique_ptr<LoopbackPages>();
    const auto standing = [&coordinator] { return coordinator.standing(kNewestOnly); };
    return LoopbackPages::start(
        kMetricsOption, metrics_address_,
        {{"/metrics", [standing] { return watch::metrics_page(standing()); }},
         {"/health", [standing] { return watch::health_page(standing()); }}});
  }

  /// Before a database is created for a start that fails.
  Status check_metrics_address() const {
    if (metrics_address_.empty()) return Status::ok();
    COX_RETURN_IF_ERROR(LoopbackPages::check(kMetricsOption, metrics_address_));
    return service::check_listen_address(metrics_address_).with_context(kMetricsOption);
  }

  /// The command that starts a worker on this machine, as it can be pasted into a shell.
  std::string worker_command(const std::string& address) const {
    const auto quoted = [](const std::string& path) {
      return shell_quoted(std::filesystem::absolute(path).string());
    };
    std::string command = fmt::format("cox-worker --coordinator {}", connectable(address));
    if (!server_.tls_certificate.empty()) {
      command += fmt::format(" --ca-file {}", quoted(server_.tls_certificate));
    }
    if (server_.token_file.empty()) return command;
    return fmt::format("COX_TOKEN=\"$(awk '$1 == \"work\" {{print $2; exit}}' {})\" {}",
                       quoted(server_.token_file), command);
  }

  /// `address` with this machine's name in place of "all interfaces", to which nobody can connect.
  static std::string connectable(const std::string& address) {
    const Result<Address> parsed = parse_address(address);
    if (!parsed.is_ok() || (parsed->host != "0.0.0.0" && parsed->host != "::")) return address;
    char name[256] = {};
    if (::gethostname(name, sizeof name - 1) != 0) return address;
    return fmt::format("{}:{}", name, parsed->port);
  }

  static service::ServerOptions default_server() {
    service::ServerOptions options;
    options.address = kDefaultAddress;
    return options;
  }

  service::CoordinatorOptions options_;
  service::ServerOptions server_ = default_server();
  std::string web_;
  EventOptions events_;
  std::string metrics_address_;
  double lease_s_ = 60;
};

}  // namespace

CommandPtr make_coordinator() { return std::make_unique<CoordinatorCommand>(); }

}  // namespace cox::cli
