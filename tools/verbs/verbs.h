#pragma once

#include <CLI/CLI.hpp>

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "record/model.h"
#include "record/value.h"

namespace cox::engine {

// Each function adds one subcommand, which runs while the command line is parsed. Errors are
// exceptions; main turns them into a message and an exit code.
#define COX_VERB(name) void add_##name##_verb(CLI::App& app);
#include "tools/verbs/verbs.def"
#undef COX_VERB

/// Adds a subcommand whose help ends with an example.
CLI::App* add_verb(CLI::App& app, const std::string& name, const std::string& purpose,
                   const std::string& example);

/// The repeatable options `--lora` and `--lora-multiplier`.
struct LoraOptions {
  std::vector<std::string> files;
  std::vector<double> multipliers;

  /// `verb` keeps references to this.
  void add_to(CLI::App& verb);
  /// Throws EngineError (cause user) unless there are no multipliers or one for each file.
  std::vector<WeightFile> loras() const;
};

/// The weights of metrics that require them, each as NAME=FILE.
struct MetricWeightOptions {
  std::vector<std::string> assignments;

  /// `verb` keeps a reference to this. Rejects metrics without weights, and files that do not
  /// exist.
  void add_to(CLI::App& verb);
  /// Files by metric.
  std::map<std::string, std::string> files() const;
};

/// Checks of an option's value. A failed check ends the program with exit code 2 and a message that
/// names the option, the bounds and the value.
CLI::Validator whole_number(std::int64_t least, std::int64_t most, std::int64_t multiple_of = 1);
CLI::Validator finite_number(double least);
/// A seed, or the number of a scene.
CLI::Validator seed_number();
/// A non-empty path to which a file can be written: base/file.h's check_replaceable.
CLI::Validator output_file();
/// A non-empty path of a folder, or of a new folder.
CLI::Validator output_folder();

/// Throws EngineError (cause user, detail `not_found`) for a missing file before any work. Returns
/// `option`.
CLI::Option* reads_file(CLI::Option* option);
/// Throws the same error for a missing file named by `what`, an option or a line of a plan.
void require_file(const std::string& what, const std::string& path);

/// Parses `KEY=VALUE` strings. Each value is JSON (`3`, `1e-2`, `true`, `"text"`, `[0.25, 0.5]`) or
/// else a string. Throws EngineError (cause user) without `=`.
Parameters parse_assignments(const std::vector<std::string>& assignments);

/// Throws EngineError (cause user) for null and objects, which are not parameters, and for integers
/// beyond 64 bits.
Value value_of(const nlohmann::json& json);

/// Throws EngineError (cause user, detail not_found) if `directory` does not exist. Its readers
/// report missing files in it.
void require_model_directory(const std::string& directory);

/// Prints indented JSON and a line break to standard output.
void print_json(const nlohmann::ordered_json& json);

}  // namespace cox::engine
