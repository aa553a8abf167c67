// cox: the program that people use. Parses the command line, runs the command and turns its result
// into an exit code; everything else is in commands/.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <map>
#include <vector>

#include "base/process.h"
#include "base/text.h"
#include "cli/commands.h"

namespace cox::cli {
namespace {

std::string help_text(const CommandText& text) {
  std::string help = "Examples:\n";
  for (const std::string& line : split(text.examples, '\n')) {
    help += fmt::format("  {}\n", line);
  }
  return fmt::format("{}\n{}.\n", help, text.summary);
}

/// Lists each command on one line in `cox -h`; `cox NAME -h` opens with examples.
class HelpFormatter final : public CLI::Formatter {
 public:
  std::string make_subcommand(const CLI::App* command) const override {
    const std::string summary = split(trim(command->get_description()), '\n').back();
    return fmt::format("  {:<16}{}\n", command->get_name(), summary);
  }
};

struct Program {
  CLI::App app{
      "Examples:\n"
      "  cox run sweeps/demo.yaml            one machine, nothing else to start\n"
      "  cox plan sweeps/demo.yaml           what would run, and why it differs\n"
      "  cox results --series demo           the numbers\n\n"
      "cox turns sweep files into runs, runs into one job for each item, a video or a prompt, and "
      "keeps every "
      "result.\n",
      "cox"};
  std::vector<CommandPtr> commands = all_commands();
  std::map<const CLI::App*, Command*> by_app;
  ColorMode color = ColorMode::kAuto;

  Program() {
    app.formatter(std::make_shared<HelpFormatter>());
    app.require_subcommand(1);
    app.fallthrough();
    app.set_version_flag("--version", version_text, "Print version, commit and kind of build");
    app.get_formatter()->column_width(34);
    const std::map<std::string, ColorMode> modes = {
        {"auto", ColorMode::kAuto}, {"always", ColorMode::kAlways}, {"never", ColorMode::kNever}};
    app.add_option("--color", color, "Color: auto, always or never (env NO_COLOR)")
        ->transform(CLI::CheckedTransformer(modes).description(""))
        ->type_name("WHEN");
    for (const CommandPtr& command : commands) {
      const CommandText text = command->text();
      CLI::App* declared = app.add_subcommand(text.name, help_text(text));
      command->declare(*declared);
      by_app[declared] = command.get();
    }
  }

  std::vector<std::string> command_names() const {
    std::vector<std::string> names;
    for (const CommandPtr& command : commands) names.push_back(command->text().name);
    return names;
  }
};

/// The message for wrong usage; for an unknown command it suggests the nearest one.
std::string usage_message(const Program& program, const CLI::ParseError& error,
                          const std::vector<std::string>& arguments) {
  const auto parsed = program.app.get_subcommands();
  const std::string who = parsed.empty() ? "cox" : "cox " + parsed.front()->get_name();
  std::string message = error.what();
  if (parsed.empty() && arguments.size() > 1 && arguments[1].front() != '-') {
    message = fmt::format("unknown command '{}'", arguments[1]);
    const std::string nearest = nearest_name(arguments[1], program.command_names());
    if (!nearest.empty()) message += fmt::format("; did you mean '{}'?", nearest);
  }
  return fmt::format("{}\n'{} -h' shows how to use it", message, who);
}

/// Fails when not all of standard output could be written. A full disk may show only when the last
/// bytes are flushed; a stream that failed once stays bad.
Status finish_output() {
  errno = 0;
  const bool flushed = std::fflush(stdout) == 0;
  const int cause = errno;
  if (flushed && std::cout) return Status::ok();
  return internal_error(
      fmt::format("could not write all of standard output ({}); the output is incomplete",
                  cause == 0 ? "is its disk full?" : std::strerror(cause)));
}

int run_program(int argc, char** argv, Session& session) {
  Program program;
  try {
    program.app.parse(argc, argv);
  } catch (const CLI::Success& wish) {
    return program.app.exit(wish);
  } catch (const CLI::ParseError& error) {
    if (argc == 1) session.err << program.app.help() << '\n';
    session.err_terminal = terminal_of(STDERR_FILENO, program.color);
    return session.fail(invalid_argument(usage_message(program, error, session.arguments)));
  }
  session.out_terminal = terminal_of(STDOUT_FILENO, program.color);
  session.err_terminal = terminal_of(STDERR_FILENO, program.color);
  Command& command = *program.by_app.at(program.app.get_subcommands().front());
  const Result<ExitCode> exit_code = command.run(session);
  return exit_code.is_ok() ? *exit_code : session.fail(exit_code.status());
}

int run_and_finish(const std::vector<std::string>& arguments, int argc, char** argv) {
  Session session{std::cout, std::cerr, {}, {}, arguments};
  const int exit_code = run_program(argc, argv, session);
  const Status output = finish_output();
  if (output.is_ok()) return exit_code;
  session.fail(output);
  return exit_code == kExitOk ? kExitFailed : exit_code;
}

}  // namespace
}  // namespace cox::cli

int main(int argc, char** argv) {
  cox::prepare_process();
  return cox::cli::run_and_finish({argv, argv + argc}, argc, argv);
}
