#include "cli/completion_scripts.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>

#include "base/text.h"

namespace cox::cli {

namespace {

/// Queries for `cox results --sql` that list the possible arguments of a command. Commands that
/// are not listed take files.
const std::map<std::string, std::string>& named_things() {
  static const std::string kSeries = "SELECT DISTINCT series FROM v_names";
  static const std::string kRunNames = "SELECT series || '/' || run FROM v_names";
  static const std::string kBoth = kSeries + " UNION ALL " + kRunNames;
  static const std::map<std::string, std::string> kThings = {
      {"status", kSeries},    {"watch", kSeries},  {"results", kSeries}, {"report", kSeries},
      {"compare", kRunNames}, {"show", kRunNames}, {"logs", kRunNames},  {"retry", kBoth},
      {"pause", kBoth},       {"resume", kBoth},   {"cancel", kBoth}};
  return kThings;
}

std::string summary_of(const CLI::App& command) {
  return split(trim(command.get_description()), '\n').back();
}

/// The values of an option that has a fixed set of them, as CLI11 shows it in "TEXT:{a,b}".
std::vector<std::string> values_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t begin = type.find('{');
  const std::size_t end = type.find('}', begin);
  if (begin == std::string::npos || end == std::string::npos) return {};
  return split(type.substr(begin + 1, end - begin - 1), ',');
}

std::vector<const CLI::Option*> long_options(const CLI::App& app) {
  std::vector<const CLI::Option*> options;
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_lnames().empty()) options.push_back(option);
  }
  return options;
}

std::string option_words(const CLI::App& app) {
  std::vector<std::string> words;
  for (const CLI::Option* option : long_options(app)) {
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  }
  return join(words, " ");
}

/// Lines of a bash `case` that set `values` for an option of one command.
std::string bash_values(const CLI::App& command) {
  std::string cases;
  for (const CLI::Option* option : long_options(command)) {
    const std::vector<std::string> values = values_of(*option);
    if (values.empty()) continue;
    cases += fmt::format("    {}:--{}) values=\"{}\" ;;\n", command.get_name(),
                         option->get_lnames().front(), join(values, " "));
  }
  return cases;
}

/// Commands at the first word, options after a dash, values of an option, names from the results,
/// and files elsewhere.
std::string bash_script(const CLI::App& program) {
  std::vector<std::string> names;
  std::string options;
  std::string values;
  std::string queries;
  for (const CLI::App* command : program.get_subcommands({})) {
    const std::string name = command->get_name();
    names.push_back(name);
    options += fmt::format("    {}) options=\"{}\" ;;\n", name, option_words(*command));
    values += bash_values(*command);
    if (const auto thing = named_things().find(name); thing != named_things().end()) {
      queries += fmt::format("    {}) query=\"{}\" ;;\n", name, thing->second);
    }
  }
  return fmt::format(
      R"sh(_cox() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}"
  local options="" values="" query=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{}" -- "$word"))
    return
  fi
  case "${{COMP_WORDS[1]}}" in
{}  esac
  case "${{COMP_WORDS[1]}}:$before" in
{}  esac
  case "${{COMP_WORDS[1]}}" in
{}  esac
  if [ -n "$values" ]; then
    COMPREPLY=($(compgen -W "$values" -- "$word"))
  elif [[ "$word" == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$word"))
  elif [ -n "$query" ]; then
    COMPREPLY=($(compgen -W "$(cox results --quiet --sql "$query" 2>/dev/null)" -- "$word"))
  fi
}}
complete -o default -F _cox cox
)sh",
      join(names, " "), options, values, queries);
}

std::string fish_quoted(const std::string& text) {
  std::string quoted;
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return "'" + quoted + "'";
}

std::string fish_script(const CLI::App& program) {
  std::string script = "complete -c cox -f -n __fish_use_subcommand\n";
  for (const CLI::App* command : program.get_subcommands({})) {
    const std::string name = command->get_name();
    const std::string when = fmt::format("'__fish_seen_subcommand_from {}'", name);
    script += fmt::format("complete -c cox -n __fish_use_subcommand -a {} -d {}\n", name,
                          fish_quoted(summary_of(*command)));
    for (const CLI::Option* option : long_options(*command)) {
      const std::vector<std::string> values = values_of(*option);
      script += fmt::format("complete -c cox -n {} -l {} -d {}{}\n", when,
                            option->get_lnames().front(), fish_quoted(option->get_description()),
                            values.empty() ? "" : fmt::format(" -xa '{}'", join(values, " ")));
    }
    if (const auto thing = named_things().find(name); thing != named_things().end()) {
      const std::string ask =
          fmt::format("(cox results --quiet --sql \"{}\" 2>/dev/null)", thing->second);
      script += fmt::format("complete -c cox -n {} -a {}\n", when, fish_quoted(ask));
    }
  }
  return script;
}

std::string troff(const std::string& text) {
  std::string escaped;
  for (const std::string& line : split(text, '\n')) {
    if (!escaped.empty()) escaped += '\n';
    if (starts_with(line, ".") || starts_with(line, "'")) escaped += "\\&";
    for (const char c : line) {
      escaped += c == '\\' ? std::string("\\e") : c == '-' ? std::string("\\-") : std::string(1, c);
    }
  }
  return escaped;
}

std::string manual_options(const CLI::App& app) {
  std::string text;
  for (const CLI::Option* option : app.get_options()) {
    text += fmt::format(".TP\n.B {} {}\n{}\n", troff(option->get_name(false, true)),
                        troff(option->get_type_name()), troff(option->get_description()));
  }
  return text.empty() ? "" : ".SH OPTIONS\n" + text;
}

std::string manual_commands(const CLI::App& program) {
  std::string text = ".SH COMMANDS\n";
  for (const CLI::App* command : program.get_subcommands({})) {
    text += fmt::format(".TP\n.B {}\n{}\n", command->get_name(), troff(summary_of(*command)));
  }
  return text;
}

}  // namespace

std::vector<std::string> completion_shells() { return {"bash", "zsh", "fish"}; }

std::string completion_script(const CLI::App& program, const std::string& shell) {
  if (shell == "fish") return fish_script(program);
  const std::string bash = bash_script(program);
  if (shell == "bash") return bash;
  return "#compdef cox\nautoload -U +X compinit && compinit\nautoload -U +X bashcompinit && "
         "bashcompinit\n" +
         bash;
}

std::string manual_page(const CLI::App& program, const std::string& command) {
  const CLI::App& app = command.empty() ? program : *program.get_subcommand(command);
  const std::string name = command.empty() ? "cox" : "cox-" + command;
  const std::string summary = command.empty() ? "run sweeps of video adaptation" : summary_of(app);
  return fmt::format(".TH {} 1\n.SH NAME\n{} \\- {}\n.SH DESCRIPTION\n.nf\n{}\n.fi\n{}{}", name,
                     troff(name), troff(summary), troff(trim(app.get_description())),
                     command.empty() ? manual_commands(program) : "", manual_options(app));
}

}  // namespace cox::cli
