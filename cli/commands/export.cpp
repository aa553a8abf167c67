#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/sources/playable_folder.h"
#include "cli/sources/query.h"
#include "coordinator/web/export/export_page.h"

namespace cox::cli {

namespace {

constexpr double kMaxMegabytes = 500;

class Export final : public Command {
 public:
  CommandText text() const override {
    return {.name = "export",
            .summary = "Write a series as one HTML page with figures, tables and clips",
            .examples =
                "cox export demo --html demo.html\n"
                "cox export demo --html demo.html --metric ssim --run lora --item motion_1\n"
                "cox export demo --html demo.html --clips 6 --max-mb 40"};
  }

  void declare(CLI::App& app) override {
    app.add_option("SERIES", series_, "Series")->required()->type_name("");
    app.add_option("--html", out_, "File to write: it opens from disk, without a network")
        ->required()
        ->check(not_empty)
        ->type_name("FILE");
    app.add_option("--metric", options_.report.metric,
                   "Metric to compare (default psnr, or the first measured)")
        ->type_name("NAME");
    app.add_option("--baseline", options_.report.baseline,
                   "RUN or SERIES/RUN; replaces the sweep's baseline")
        ->type_name("RUN");
    app.add_option(
           "--run", options_.clips.runs,
           "Run whose clips are shown next to the baseline's (default: the best); repeatable")
        ->type_name("RUN")
        ->allow_extra_args(false);
    app.add_option("--item", options_.clips.items, "Item to show; repeat it for several")
        ->type_name("ITEM")
        ->allow_extra_args(false);
    app.add_option("--clips", options_.clips.most,
                   "Without --item: how many items to show, those that gain most and least first")
        ->check(CLI::Range(0, 100))
        ->capture_default_str()
        ->type_name("N");
    app.add_option("--max-mb", max_mb_, "Maximum size of the page's videos in megabytes")
        ->check(CLI::Range(0.0, kMaxMegabytes))
        ->capture_default_str()
        ->type_name("N");
    source_.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    COX_ASSIGN_OR_RETURN(const Source source, source_.choose());
    COX_ASSIGN_OR_RETURN(const report::Query query, open_query(source));
    options_.clips.most_bytes = static_cast<std::uint64_t>(max_mb_ * 1e6);
    web::PlayableVideos videos(playable_folder(source));
    COX_ASSIGN_OR_RETURN(const web::ExportedPage page,
                         web::export_page(query, series_, options_, videos));
    COX_RETURN_IF_ERROR(of_surroundings(write_file_atomically(out_, page.html)));
    for (const std::string& note : page.notes) session.note(note);
    session.say(fmt::format("wrote {}: {} bytes", out_, page.html.size()));
    return kExitOk;
  }

 private:
  std::string series_;
  std::string out_;
  double max_mb_ = 16;
  web::ExportOptions options_;
  SourceOptions source_;
};

}  // namespace

CommandPtr make_export() { return std::make_unique<Export>(); }

}  // namespace cox::cli
