#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"

namespace cox::cli {

using CommandPtr = std::unique_ptr<Command>;

// make_validate, make_plan, ...: one for each line of commands.def.
#define COX_COMMAND(name) CommandPtr make_##name();
#include "cli/commands.def"
#undef COX_COMMAND

/// Every command, in the order of `cox -h`.
std::vector<CommandPtr> all_commands();

/// What `cox version` and `cox --version` print.
std::string version_text();

}  // namespace cox::cli
