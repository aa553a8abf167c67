#include <CLI/CLI.hpp>

#include "base/text.h"
#include "cli/commands.h"

namespace cox::cli {

namespace {

/// The long options of an app, as a shell lists words.
std::string option_words(const CLI::App& app) {
  std::vector<std::string> words;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  }
  return join(words, " ");
}

/// Commands at the first word, options after a dash, files elsewhere.
std::string bash_script(const CLI::App& program) {
  std::vector<std::string> names;
  std::string cases;
  for (const CLI::App* command : program.get_subcommands({})) {
    names.push_back(command->get_name());
    cases += concat("    ", command->get_name(), ") options=\"", option_words(*command), "\" ;;\n");
  }
  return concat(
      "_cox() {\n"
      "  local word=\"${COMP_WORDS[COMP_CWORD]}\" options=\"\"\n"
      "  COMPREPLY=()\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    COMPREPLY=($(compgen -W \"",
      join(names, " "),
      "\" -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  case \"${COMP_WORDS[1]}\" in\n",
      cases,
      "  esac\n"
      "  if [[ \"$word\" == -* ]]; then COMPREPLY=($(compgen -W \"$options\" -- \"$word\")); fi\n"
      "}\n"
      "complete -o default -F _cox cox\n");
}

class Completion final : public Command {
 public:
  CommandText text() const override {
    return {.name = "completion",
            .summary = "Print a shell's completion script",
            .examples = "source <(cox completion bash)"};
  }

  void declare(CLI::App& app) override {
    program_ = app.get_parent();
    app.add_option("SHELL", shell_, "bash")
        ->required()
        ->type_name("")
        ->check(CLI::IsMember({std::string("bash")}));
  }

  Result<ExitCode> run(Session& session) override {
    session.out << bash_script(*program_);
    return kExitOk;
  }

 private:
  const CLI::App* program_ = nullptr;
  std::string shell_;
};

}  // namespace

CommandPtr make_completion() { return std::make_unique<Completion>(); }

}  // namespace cox::cli
