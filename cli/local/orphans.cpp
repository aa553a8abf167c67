#include "cli/local/orphans.h"

#include <fmt/format.h>
#include <poll.h>

#include <filesystem>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

namespace cox::cli {

namespace fs = std::filesystem;

namespace {

constexpr int kLookIntervalMs = 200;

/// Succeeds when no process holds the spool.
Status check_free(const fs::path& spool) {
  const fs::path lock = spool / "lock";
  if (!fs::exists(lock)) return Status::ok();
  return FileLock::acquire(lock.string()).status();
}

Status check_all_free(const std::string& output_directory) {
  std::error_code error;
  const fs::path spools = fs::path(output_directory) / "spool";
  for (fs::directory_iterator entry(spools, error), end; !error && entry != end;
       entry.increment(error)) {
    if (!starts_with(entry->path().filename().string(), "local-")) continue;
    COX_RETURN_IF_ERROR(check_free(entry->path()));
  }
  return Status::ok();
}

}  // namespace

Status wait_for_orphans(const std::string& output_directory, const StopSignals& signals,
                        const std::function<void(const std::string&)>& say) {
  const double begin = monotonic_seconds();
  bool said = false;
  while (signals.count() == 0) {
    const Status held = check_all_free(output_directory);
    if (held.code() != StatusCode::kUnavailable) return held;
    if (monotonic_seconds() - begin > kOrphanWaitS) {
      return failed_precondition(
          fmt::format("a worker of another 'cox run' still uses '{}': {}; or use another --out",
                      output_directory, held.message()));
    }
    if (!said) {
      say(fmt::format("waiting for a worker of an earlier 'cox run' to finish its job: {}",
                      held.message().substr(0, held.message().find(';'))));
    }
    said = true;
    poll(nullptr, 0, kLookIntervalMs);
  }
  return Status::ok();
}

}  // namespace cox::cli
