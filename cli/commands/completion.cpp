#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/completion_scripts.h"

namespace cox::cli {

namespace {

class Completion final : public Command {
 public:
  CommandText text() const override {
    return {.name = "completion",
            .summary = "Print a completion script for a shell",
            .examples =
                "source <(cox completion bash)\n"
                "cox completion zsh > \"${fpath[1]}/_cox\"\n"
                "cox completion fish | source"};
  }

  void declare(CLI::App& app) override {
    program_ = app.get_parent();
    app.add_option("SHELL", shell_, "bash, zsh or fish")
        ->required()
        ->type_name("")
        ->check(CLI::IsMember(completion_shells()).description(""));
  }

  Result<ExitCode> run(Session& session) override {
    session.out << completion_script(*program_, shell_);
    return kExitOk;
  }

 private:
  const CLI::App* program_ = nullptr;
  std::string shell_;
};

}  // namespace

CommandPtr make_completion() { return std::make_unique<Completion>(); }

}  // namespace cox::cli
