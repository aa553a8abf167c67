#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <thread>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress/signals.h"
#include "cli/sources/query.h"
#include "coordinator/web/database_pool.h"
#include "coordinator/web/web_server.h"

namespace cox::cli {

namespace {

constexpr std::chrono::milliseconds kSignalPoll{100};

/// `127.0.0.1:7421` or `[::1]:7421`.
Result<web::WebOptions> listen_at(const std::string& address) {
  web::WebOptions options;
  const std::size_t colon = address.rfind(':');
  const std::string port = colon == std::string::npos ? "" : address.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), options.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size() ||
      options.port < 0 || options.port > 65'535) {
    return invalid_argument(
        fmt::format("--listen '{}': expected HOST:PORT, such as 127.0.0.1:7421", address));
  }
  options.host = address.substr(0, colon);
  if (options.host == "[::1]") options.host = "::1";
  return options;
}

class Dashboard final : public Command {
 public:
  CommandText text() const override {
    return {.name = "dashboard",
            .summary = "Serve a page with live progress, comparisons and synchronised players",
            .examples =
                "cox dashboard --db out/demo/cox.db\n"
                "cox dashboard --coordinator 127.0.0.1:7420 --listen 127.0.0.1:8000"};
  }

  void declare(CLI::App& app) override {
    app.add_option("--listen", listen_, "Loopback address of the page; port 0 takes a free one")
        ->capture_default_str()
        ->type_name("HOST:PORT");
    source_.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    COX_ASSIGN_OR_RETURN(web::WebOptions options, listen_at(listen_));
    COX_ASSIGN_OR_RETURN(const Source source, source_.choose());
    COX_ASSIGN_OR_RETURN(report::Query query, shared_query(source));
    options.cache_folder = cache_folder(source);
    COX_ASSIGN_OR_RETURN(const auto server, web::WebServer::start(options, std::move(query)));
    const StopSignals signals;
    session.out << server->address() << std::endl;
    session.note("press Ctrl-C to stop");
    while (signals.count() == 0) std::this_thread::sleep_for(kSignalPoll);
    return kExitOk;
  }

 private:
  static Result<report::Query> shared_query(const Source& source) {
    return source.database.empty() ? open_coordinator_query(source.endpoint)
                                  : web::shared_database_query(source.database);
  }

  /// Next to the database, or below the working directory's output folder.
  static std::string cache_folder(const Source& source) {
    const std::filesystem::path database(source.database);
    const std::filesystem::path folder =
        source.database.empty() ? kDefaultOutput : database.parent_path();
    return (folder / "playable").string();
  }

  SourceOptions source_;
  std::string listen_ = "127.0.0.1:7421";
};

}  // namespace

CommandPtr make_dashboard() { return std::make_unique<Dashboard>(); }

}  // namespace cox::cli
