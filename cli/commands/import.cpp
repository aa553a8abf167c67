#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/file.h"
#include "cli/commands.h"
#include "coordinator/sweep/import_sweep.h"

namespace cox::cli {

namespace {

namespace fs = std::filesystem;

class Import final : public Command {
 public:
  CommandText text() const override {
    return {.name = "import",
            .summary = "Convert sweep files of the AdaSteer study's older format to this program's",
            .examples =
                "cox import old/series07.yaml --manifest panda.json --model /models/LongCat-Video\n"
                "cox import old/*.yaml --manifest panda.json --model /models/LongCat-Video -o "
                "sweeps/imported"};
  }

  void declare(CLI::App& app) override {
    app.add_option("FILE", paths_, "Files of the older format")->required()->type_name("");
    app.add_option("--manifest", options_.manifest, "Manifest of the videos, for every sweep")
        ->required()
        ->type_name("FILE");
    app.add_option("--model", options_.model, "Folder of the model, for every sweep")
        ->required()
        ->type_name("DIR");
    app.add_option("-o,--output", folder_,
                   "Folder for SERIES.yaml; without it, one sweep is printed")
        ->type_name("DIR");
  }

  /// Writes nothing unless every file could be read.
  Result<ExitCode> run(Session& session) override {
    COX_ASSIGN_OR_RETURN(const auto sweeps, read_all());
    if (folder_.empty() && sweeps.size() == 1) {
      session.out << sweeps.front().text;
      return kExitOk;
    }
    if (folder_.empty()) {
      return invalid_argument(
          fmt::format("{} sweeps were read; name a folder for them with -o DIR", sweeps.size()));
    }
    for (const sweep::ImportedSweep& sweep : sweeps) COX_RETURN_IF_ERROR(check_absent(sweep));
    for (const sweep::ImportedSweep& sweep : sweeps) {
      COX_RETURN_IF_ERROR(of_surroundings(write_file_atomically(path_of(sweep), sweep.text)));
      session.say(path_of(sweep));
    }
    return kExitOk;
  }

 private:
  Result<std::vector<sweep::ImportedSweep>> read_all() const {
    // A sweep's paths are relative to its file, which may be written anywhere.
    const sweep::ImportOptions absolute{normalized_path(fs::absolute(options_.manifest).string()),
                                        normalized_path(fs::absolute(options_.model).string())};
    std::vector<sweep::ImportedSweep> all;
    std::map<std::string, std::string> paths;  // by series
    for (const std::string& path : paths_) {
      COX_ASSIGN_OR_RETURN(sweep::ImportedSweep sweep, sweep::import_sweep(path, absolute));
      const auto [first, is_new] = paths.emplace(sweep.series, path);
      if (!is_new) {
        return invalid_argument(fmt::format("{} and {} are both series '{}'; rename one",
                                            first->second, path, sweep.series));
      }
      all.push_back(std::move(sweep));
    }
    return all;
  }

  std::string path_of(const sweep::ImportedSweep& sweep) const {
    return (fs::path(folder_) / (sweep.series + ".yaml")).string();
  }

  Status check_absent(const sweep::ImportedSweep& sweep) const {
    std::error_code error;
    if (!fs::exists(path_of(sweep), error)) return Status::ok();
    return failed_precondition(
        fmt::format("'{}' exists; remove it, or name another folder", path_of(sweep)));
  }

  std::vector<std::string> paths_;
  sweep::ImportOptions options_;
  std::string folder_;
};

}  // namespace

CommandPtr make_import() { return std::make_unique<Import>(); }

}  // namespace cox::cli
