#include "cli/commands.h"

namespace cox::cli {

std::vector<CommandPtr> all_commands() {
  std::vector<CommandPtr> commands;
#define COX_COMMAND(name) commands.push_back(make_##name());
#include "cli/commands.def"
#undef COX_COMMAND
  return commands;
}

}  // namespace cox::cli
