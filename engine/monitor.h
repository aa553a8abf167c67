#pragma once

#include "engine/engine.h"
#include "engine/tensors/error.h"

namespace cox::engine {

/// Reports progress of the stages, and ends them when the caller asks to stop. Borrows the sink;
/// owned by one thread.
class JobMonitor {
 public:
  explicit JobMonitor(Sink& sink) : sink_(sink) {}

  /// Throws EngineError (cause cancelled) when the caller asked to stop.
  void progress(const char* stage, int done, int total) {
    sink_.on_progress(stage, done, total);
    if (!sink_.cancelled()) return;
    throw EngineError(FailureCause::kCancelled,
                      std::string("cancelled by the caller during ") + stage, "cancelled");
  }

 private:
  Sink& sink_;
};

}  // namespace cox::engine
