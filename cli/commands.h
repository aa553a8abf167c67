#pragma once

#include <memory>

#include "cli/command.h"

namespace cox::cli {

using CommandPtr = std::unique_ptr<Command>;

// In the order of `cox -h`; each in cli/commands/NAME.cpp.
CommandPtr make_validate();
CommandPtr make_plan();
CommandPtr make_dataset();
CommandPtr make_run();
CommandPtr make_coordinator();
CommandPtr make_submit();
CommandPtr make_status();
CommandPtr make_watch();
CommandPtr make_results();
CommandPtr make_compare();
CommandPtr make_report();
CommandPtr make_show();
CommandPtr make_why();
CommandPtr make_logs();
CommandPtr make_retry();
CommandPtr make_pause();
CommandPtr make_resume();
CommandPtr make_cancel();
CommandPtr make_version();
/// What `cox version` and `cox --version` print.
std::string version_text();
CommandPtr make_completion();

}  // namespace cox::cli
