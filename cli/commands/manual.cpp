#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/completion_scripts.h"

namespace cox::cli {

namespace {

class Manual final : public Command {
 public:
  CommandText text() const override {
    return {.name = "manual",
            .summary = "Print the manual page of cox or of one command",
            .examples =
                "cox manual | man -l -\n"
                "cox manual run > cox-run.1"};
  }

  void declare(CLI::App& app) override {
    program_ = app.get_parent();
    app.add_option("COMMAND", command_, "A command; default: the page of cox")->type_name("");
  }

  Result<ExitCode> run(Session& session) override {
    std::vector<std::string> names;
    for (const CLI::App* command : program_->get_subcommands({})) {
      names.push_back(command->get_name());
    }
    if (!command_.empty() && std::find(names.begin(), names.end(), command_) == names.end()) {
      const std::string nearest = nearest_name(command_, names);
      return not_found(
          fmt::format("unknown command '{}'{}", command_,
                      nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest)));
    }
    session.out << manual_page(*program_, command_);
    return kExitOk;
  }

 private:
  const CLI::App* program_ = nullptr;
  std::string command_;
};

}  // namespace

CommandPtr make_manual() { return std::make_unique<Manual>(); }

}  // namespace cox::cli
