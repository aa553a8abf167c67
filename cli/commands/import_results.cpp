#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/sources/sweep_calls.h"
#include "coordinator/report/data/published.h"
#include "coordinator/report/data/words.h"
#include "coordinator/store/store.h"

namespace cox::cli {

namespace {

constexpr std::size_t kMaxFileBytesRead = std::size_t{64} << 20;

class ImportResults final : public Command {
 public:
  CommandText text() const override {
    return {
        .name = "import-results",
        .summary = "Load published results, which reports show next to the measured ones",
        .examples = "cox import-results study.json --db out/study/cox.db --source 'AdaSteer 2026'"};
  }

  void declare(CLI::App& app) override {
    app.add_option("FILE", path_,
                   "JSON: {\"series\": [{\"name\": S, \"runs\": [{\"id\": R, \"published\": "
                   "{\"psnr_mean\": 22.07, \"n\": 99}}]}]}")
        ->required()
        ->type_name("");
    app.add_option("--db", database_,
                   "Database file, which no coordinator may have open (env COX_DB)")
        ->check(not_empty)
        ->envname("COX_DB")
        ->required()
        ->type_name("FILE");
    app.add_option("--source", source_,
                   "Who published them; what it published before is replaced (default: the file's "
                   "name)")
        ->check(not_empty)
        ->type_name("TEXT");
  }

  Result<ExitCode> run(Session& session) override {
    COX_ASSIGN_OR_RETURN(const std::string json, read_text_file(path_, kMaxFileBytesRead));
    COX_ASSIGN_OR_RETURN(const auto results, report::read_published(json, path_));
    if (source_.empty()) source_ = std::filesystem::path(path_).filename().string();
    COX_RETURN_IF_ERROR(check_database_exists(database_));
    COX_ASSIGN_OR_RETURN(store::Store store, store::Store::open(database_));
    COX_RETURN_IF_ERROR(store.publish(source_, results));
    session.say(fmt::format("{} published by '{}' are in {}",
                            report::counted(static_cast<std::int64_t>(results.size()), "number"),
                            source_, database_));
    return kExitOk;
  }

 private:
  std::string path_;
  std::string database_;
  std::string source_;
};

}  // namespace

CommandPtr make_import_results() { return std::make_unique<ImportResults>(); }

}  // namespace cox::cli
