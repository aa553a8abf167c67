#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/status.h"
#include "coordinator/report/print/cell_json.h"

namespace cox::web {

/// Documents that may take longer to compute than a reader should wait: a comparison of 400 runs
/// takes seconds. They are computed on threads of the cache's own, once for each version of the
/// database, and kept. Thread-safe.
class DocumentCache {
 public:
  using Compute = std::function<Result<report::OrderedJson>()>;

  static constexpr std::size_t kMaxDocuments = 64;  ///< the least recently requested one is dropped
  static constexpr std::size_t kMaxWaiting = 64;    ///< documents that wait for a thread
  static constexpr std::size_t kThreads = 2;
  /// A reader waits so long for a document; most are computed by then.
  static constexpr std::chrono::milliseconds kPatience{30};
  /// A document is computed again only after this many times the time that it took, so that a busy
  /// queue does not keep the threads computing one report after the other.
  static constexpr double kRest = 40;

  struct Answer {
    enum class Kind {
      kCurrent,  ///< of the requested version
      kEarlier,  ///< of an earlier one; a newer is or will be computed
      kPending   ///< there is none yet: ask again
    };
    Kind kind = Kind::kPending;
    Status status;                            ///< the error that computing it gave
    std::shared_ptr<const std::string> body;  ///< JSON; null when pending or after an error
  };

  DocumentCache();
  /// Abandons the documents being computed.
  ~DocumentCache();
  DocumentCache(const DocumentCache&) = delete;
  DocumentCache& operator=(const DocumentCache&) = delete;

  /// The document `key` of the database's `version`. kResourceExhausted when too many wait.
  Answer get(const std::string& key, std::int64_t version, Compute compute);

 private:
  struct Document {
    bool computing = false;
    bool known = false;
    std::int64_t version = -1;
    Status status;
    std::shared_ptr<const std::string> body;
    std::chrono::steady_clock::time_point finished;
    std::chrono::steady_clock::duration took{};
    std::uint64_t asked = 0;
  };
  struct Task {
    std::string key;
    std::int64_t version = 0;
    Compute compute;
  };

  void work();
  void finish(const Task& task, Result<report::OrderedJson> result,
              std::chrono::steady_clock::duration took);
  void make_room();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Document> documents_;
  std::deque<Task> tasks_;
  std::uint64_t asked_ = 0;
  bool stopping_ = false;
  std::stop_source abandon_;  ///< stopped with stopping_
  std::vector<std::jthread> threads_;
};

}  // namespace cox::web
