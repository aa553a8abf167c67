#pragma once

#include "engine/engine.h"
#include "engine/tensors/error.h"

namespace cox::engine {

/// Reports the progress of the stages, and ends them if the caller requests a stop. Borrows the
/// sink; owned by one thread.
class JobMonitor {
 public:
  explicit JobMonitor(Sink& sink) : sink_(sink) {}

  /// Throws EngineError (cause cancelled) if the caller requested a stop.
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
