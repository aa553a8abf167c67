#include "cli/event_options.h"

#include <CLI/CLI.hpp>

namespace cox::cli {

void EventOptions::declare(CLI::App& app) {
  app.add_option("--on-event", command,
                 "Shell command for a series' end, its first failure, and a stall; gets one JSON "
                 "document on standard input, and 30 s")
      ->type_name("COMMAND");
  app.add_option("--stall-after", stall_minutes,
                 "Minutes without an ended job after which work has stalled")
      ->check(CLI::Range(0.01, 10'080.0).description(""))
      ->capture_default_str()
      ->type_name("MINUTES");
}

watch::EventWatch EventOptions::watch(service::Coordinator& coordinator) const {
  constexpr double kMinuteUs = 60.0 * kSecondUs;
  return {{.command = command, .stall_after = static_cast<DurationUs>(stall_minutes * kMinuteUs)},
          [&coordinator](std::uint64_t after) { return coordinator.standing(after); }};
}

}  // namespace cox::cli
