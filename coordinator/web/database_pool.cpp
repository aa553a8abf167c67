#include "coordinator/web/database_pool.h"

#include <fmt/format.h>

#include <memory>
#include <mutex>
#include <vector>

#include "coordinator/store/read_only.h"

namespace cox::web {

namespace {

/// More idle connections than this are closed: each keeps up to 32 MiB of the file.
constexpr std::size_t kMaxIdle = 4;
/// All results of 400 runs on 1,000 items take 10 s to read, on a busy machine several times that.
constexpr double kMaxSeconds = 120;

class DatabasePool {
 public:
  explicit DatabasePool(std::string path) : path_(std::move(path)) {}

  Result<report::Table> query(const std::string& sql) {
    COX_ASSIGN_OR_RETURN(store::ReadOnlyDatabase database, take());
    Result<report::Table> table = database.query_table(sql, {}, {.max_seconds = kMaxSeconds});
    give_back(std::move(database));
    return table;
  }

 private:
  Result<store::ReadOnlyDatabase> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        store::ReadOnlyDatabase database = std::move(idle_.back());
        idle_.pop_back();
        return database;
      }
    }
    return store::ReadOnlyDatabase::open(path_);
  }

  void give_back(store::ReadOnlyDatabase database) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kMaxIdle) idle_.push_back(std::move(database));
  }

  std::string path_;
  std::mutex mutex_;
  std::vector<store::ReadOnlyDatabase> idle_;
};

}  // namespace

Result<report::Query> shared_database_query(const std::string& path) {
  const auto opened = store::ReadOnlyDatabase::open(path);
  if (!opened.is_ok()) return opened.status();
  const auto pool = std::make_shared<DatabasePool>(path);
  return report::Query([pool](const std::string& sql) { return pool->query(sql); },
                       fmt::format("database '{}'", path));
}

}  // namespace cox::web
