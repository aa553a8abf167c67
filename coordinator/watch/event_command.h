#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/status.h"

namespace cox::watch {

/// How long a command for an event may take before it is stopped.
constexpr DurationUs kLongestCommand = 30 * kSecondUs;
/// Most bytes of its output that an error repeats.
constexpr std::size_t kMostOutputBytes = 2'000;

/// Runs `command` by /bin/sh in a new process group, with `input` on its standard input, and
/// waits for it at most `limit`, or until `give_up` returns true; then the group is killed. Its
/// output goes into the error. kInternal when it does not exit with 0, kDeadlineExceeded beyond
/// the limit, kCancelled when given up.
Status run_command(const std::string& command, const std::string& input,
                   const std::function<bool()>& give_up, DurationUs limit = kLongestCommand);

}  // namespace cox::watch
