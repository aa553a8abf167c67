#include <CLI/CLI.hpp>
#include <chrono>
#include <thread>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress/signals.h"
#include "cli/sources/page_address.h"
#include "cli/sources/page_changes.h"
#include "cli/sources/plan_view.h"
#include "cli/sources/playable_folder.h"
#include "cli/sources/query.h"
#include "cli/sources/sweep_calls.h"
#include "coordinator/web/database_pool.h"
#include "coordinator/web/web_server.h"

namespace cox::cli {

namespace {

constexpr std::chrono::milliseconds kSignalPoll{100};

class Dashboard final : public Command {
 public:
  CommandText text() const override {
    return {.name = "dashboard",
            .summary = "Serve a page with live progress, comparisons and synchronized players",
            .examples =
                "cox dashboard --db out/demo/cox.db\n"
                "cox dashboard --coordinator 127.0.0.1:7420 --listen 127.0.0.1:8000\n"
                "cox dashboard --db out/cox.db --allow-changes --sweeps sweeps"};
  }

  void declare(CLI::App& app) override {
    app.add_option("--listen", listen_, "Loopback address of the page; port 0 takes a free one")
        ->capture_default_str()
        ->type_name("HOST:PORT");
    app.add_flag("--allow-changes", allow_changes_,
                 "Let the page pause, resume, cancel and retry jobs; everybody who may log in to "
                 "this machine may then do so");
    app.add_option("--sweeps", sweeps_,
                   "Sweep file or folder of them whose cost the page shows; repeat it for several")
        ->type_name("PATH")
        ->allow_extra_args(false);
    source_.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    COX_ASSIGN_OR_RETURN(web::WebOptions options, page_address("--listen", listen_));
    COX_ASSIGN_OR_RETURN(const auto files, sweep_files(sweeps_));
    COX_ASSIGN_OR_RETURN(const Source source, source_.choose());
    COX_ASSIGN_OR_RETURN(report::Query query, shared_query(source));
    options.cache_folder = playable_folder(source);
    if (!files.empty()) options.plan = plan_view(files, query);
    if (allow_changes_) {
      options.open_role = web::Role::kSubmit;
      options.change = changes_to(source);
    }
    const auto started = web::WebServer::start(options, std::move(query));
    if (!started.is_ok()) return of_surroundings(started.status());
    const std::unique_ptr<web::WebServer>& server = *started;
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

  /// Each change opens the coordinator or the database, which somebody else may hold by then.
  static web::MakeChange changes_to(const Source& source) {
    return [source](const web::Change& change) -> Result<web::Changed> {
      COX_ASSIGN_OR_RETURN(const auto calls, open_calls(source));
      return make_change(*calls, change);
    };
  }

  SourceOptions source_;
  std::string listen_ = "127.0.0.1:7421";
  bool allow_changes_ = false;
  std::vector<std::string> sweeps_;
};

}  // namespace

CommandPtr make_dashboard() { return std::make_unique<Dashboard>(); }

}  // namespace cox::cli
