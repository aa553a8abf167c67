#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "cli/commands.h"
#include "cli/local/result_links.h"
#include "cli/local/video_gc.h"
#include "cli/options.h"
#include "cli/sources/query.h"
#include "coordinator/report/data/names.h"
#include "coordinator/report/data/words.h"
#include "coordinator/report/print/number.h"

namespace cox::cli {

namespace {

class Gc final : public Command {
 public:
  CommandText text() const override {
    return {.name = "gc",
            .summary =
                "Delete generated videos that no sweep's 'keep' keeps; results are never deleted",
            .examples =
                "cox gc --dry-run\n"
                "cox gc --db study/cox.db --out study\n"
                "cox gc --orphans --superseded --dry-run --json"};
  }

  void declare(CLI::App& app) override {
    app.add_option("--db", database_, "Database, which no coordinator may have open (env COX_DB)")
        ->envname("COX_DB")
        ->check(not_empty)
        ->capture_default_str()
        ->type_name("FILE");
    app.add_option("--out", options_.output_directory,
                   "Folder of the videos (default: that of the database)")
        ->check(not_empty)
        ->type_name("DIR");
    app.add_flag("--dry-run", dry_run_, "List what would be deleted; delete nothing");
    app.add_flag("--superseded", options_.superseded,
                 "Also videos of runs that no series contains any more");
    app.add_flag("--orphans", options_.orphans,
                 "Also videos that no result names. Only when no other database uses the folder");
    output_.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    COX_RETURN_IF_ERROR(check_database_name(database_));
    COX_RETURN_IF_ERROR(check_database_exists(database_));
    if (options_.output_directory.empty()) {
      const auto parent = std::filesystem::path(database_).parent_path();
      options_.output_directory = parent.empty() ? "." : parent.string();
    }
    Result<store::Store> store = store::Store::open(database_);
    if (!store.is_ok()) return of_surroundings(store.status());
    COX_ASSIGN_OR_RETURN(const report::Query query, open_database_query(database_));
    COX_ASSIGN_OR_RETURN(const report::KeptVideos kept, report::kept_videos(query));
    COX_ASSIGN_OR_RETURN(const auto files, store->video_files());
    const Result<GcPlan> plan = plan_gc(files, kept, options_);
    if (!plan.is_ok()) return of_surroundings(plan.status());
    print(session, *plan);
    if (dry_run_) return kExitOk;
    COX_RETURN_IF_ERROR(run_gc(*store, *plan, options_.output_directory));
    COX_RETURN_IF_ERROR(remove_dead_links(query));
    return kExitOk;
  }

 private:
  void print(Session& session, const GcPlan& plan) const {
    Table table{{"video", "bytes", "why"}, {}};
    std::uint64_t bytes = 0;
    for (const DoomedVideo& video : plan.videos) {
      table.rows.push_back({video.path, static_cast<std::int64_t>(video.bytes), video.why});
      bytes += video.bytes;
    }
    if ((dry_run_ && !plan.videos.empty()) || output_.json) {
      write_rows(session.out, table, output_.layout(session.out_terminal, {"cox-gc", 1}));
      session.out.flush();
    }
    session.say(fmt::format("{} {}, {}",
                            dry_run_ ? "dry run, nothing deleted: would delete" : "deleting",
                            report::counted(static_cast<std::int64_t>(plan.videos.size()), "video"),
                            report::readable_bytes(static_cast<std::int64_t>(bytes))));
    for (const std::string& note : plan.notes) session.note(note);
  }

  /// Removes the links of deleted videos, which would dangle.
  Status remove_dead_links(const report::Query& query) const {
    COX_ASSIGN_OR_RETURN(const std::vector<std::string> names, report::series_names(query));
    for (const std::string& series : names) {
      if (!std::filesystem::is_directory(std::filesystem::path(options_.output_directory) /
                                         series)) {
        continue;
      }
      COX_RETURN_IF_ERROR(link_results(query, series, options_.output_directory).status());
    }
    return Status::ok();
  }

  std::string database_ = kDefaultDatabase;
  GcOptions options_;
  OutputOptions output_;
  bool dry_run_ = false;
};

}  // namespace

CommandPtr make_gc() { return std::make_unique<Gc>(); }

}  // namespace cox::cli
