#pragma once

#include "coordinator/service/coordinator.h"
#include "coordinator/watch/event_watch.h"

namespace CLI {
class App;
}

namespace cox::cli {

/// --on-event and --stall-after of the commands that run a coordinator.
struct EventOptions {
  std::string command = {};
  double stall_minutes = 30;

  void declare(CLI::App& app);
  /// Watches `coordinator`, which must outlive the result.
  watch::EventWatch watch(service::Coordinator& coordinator) const;
};

}  // namespace cox::cli
