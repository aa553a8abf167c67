#pragma once

#include <csignal>

namespace cox::cli {

/// Catches SIGINT and SIGTERM while it lives: they are counted, nothing else happens, and waiting
/// system calls return. SIGPIPE is ignored, so that a closed pipe does not end a sweep. At most
/// one may exist at a time; any thread may read it.
class StopSignals {
 public:
  StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();

  int count() const;  ///< how often either has come
  int last() const;   ///< SIGINT or SIGTERM, 0 before the first

 private:
  struct sigaction old_interrupt_ {};
  struct sigaction old_terminate_ {};
  struct sigaction old_pipe_ {};
};

}  // namespace cox::cli
