#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/local/result_links.h"
#include "cli/options.h"
#include "cli/sources/query.h"
#include "coordinator/report/data/names.h"
#include "coordinator/report/data/words.h"

namespace cox::cli {

namespace {

class Link final : public Command {
 public:
  CommandText text() const override {
    return {.name = "link",
            .summary =
                "Link generated videos as OUT/SERIES/RUN/ITEM.mkv; cox run does so automatically",
            .examples =
                "cox link\n"
                "cox link demo --coordinator 127.0.0.1:7420 --out /shared/videos"};
  }

  void declare(CLI::App& app) override {
    app.add_option("SERIES", series_, "Series to link (default: all)")->type_name("");
    app.add_option("--out", folder_, "Folder of the links")
        ->check(not_empty)
        ->capture_default_str()
        ->type_name("DIR");
    source_.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    COX_ASSIGN_OR_RETURN(const report::Query query, open_query(source_));
    std::vector<std::string> names = series_;
    if (names.empty()) {
      COX_ASSIGN_OR_RETURN(names, report::series_names(query));
    }
    for (const std::string& series : names) {
      COX_ASSIGN_OR_RETURN(const LinkReport report, link_results(query, series, folder_));
      session.say(fmt::format("{}/{}: {}, {} removed", folder_, series,
                              report::counted(static_cast<std::int64_t>(report.links), "link"),
                              report.removed));
      for (const std::string& note : report.notes) session.note(note);
    }
    return kExitOk;
  }

 private:
  SourceOptions source_;
  std::vector<std::string> series_;
  std::string folder_ = kDefaultOutput;
};

}  // namespace

CommandPtr make_link() { return std::make_unique<Link>(); }

}  // namespace cox::cli
