#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/status.h"

namespace cox::cluster {

/// How a command ended and what it printed.
struct CommandEnd {
  int exit_code = 0;  ///< 128 + signal when a signal ended it
  std::string out;
  std::string err;
};

struct Command {
  std::vector<std::string> words;  ///< the program, looked up in PATH, and its arguments
  std::string input = {};          ///< its standard input
  std::chrono::milliseconds at_most{10'000};
};

/// How programs outside are started: run_command, or a test's own answers.
using Run = std::function<Result<CommandEnd>(const Command&)>;

/// Runs a command to its end, without a shell. kNotFound when there is no such program,
/// kDeadlineExceeded when it took longer than `at_most`: it is killed then, with all that it
/// started. kOutOfRange when it prints more than kMaxOutputBytes.
Result<CommandEnd> run_command(const Command& command);

/// Returns what the command printed; an error, with its words, when it did not end with exit code
/// 0.
Result<std::string> output_of(const Run& run, const Command& command);

inline constexpr std::size_t kMaxOutputBytes = std::size_t{16} << 20;

}  // namespace cox::cluster
