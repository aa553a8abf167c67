#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace cox::cli {

/// The shells that `cox completion` writes a script for.
std::vector<std::string> completion_shells();

/// A script that completes commands, options, the values of options with a fixed set, and the
/// series and runs of the available results. `shell` is one of completion_shells().
std::string completion_script(const CLI::App& program, const std::string& shell);

/// The manual page of the program (`command` empty) or of one command, as troff.
std::string manual_page(const CLI::App& program, const std::string& command);

}  // namespace cox::cli
