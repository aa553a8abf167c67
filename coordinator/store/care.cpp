#include "coordinator/store/care.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "base/file.h"
#include "coordinator/store/file_system.h"
#include "coordinator/store/loader.h"
#include "coordinator/store/migrations.h"
#include "coordinator/store/snapshot_check.h"
#include "coordinator/store/sqlite.h"

namespace cox::store {

namespace {

namespace fs = std::filesystem;

constexpr const char* kLogSuffix = "-wal";
constexpr const char* kIndexSuffix = "-shm";

bool exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

/// Deletes a part of a failed copy; only the failure of the copy itself is reported.
void remove_if_there(const std::string& path) {
  std::error_code error;
  fs::remove(path, error);
}

std::uint64_t size_or_zero(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  return error ? 0 : size;
}

Status check_is_file(const std::string& path) {
  std::error_code error;
  if (fs::is_regular_file(path, error)) return Status::ok();
  return not_found(fmt::format("no database '{}'", path));
}

/// "" when nobody uses the database, else who does.
std::string holder_of(const std::string& path) {
  const std::string lock = path + ".lock";
  if (!exists(lock)) return "";
  const Status held = FileLock::acquire(lock).status();
  return held.message().substr(0, held.message().find(';'));  // without what to do about it
}

/// An empty file may become one.
bool begins_as_database(const std::string& path) {
  constexpr std::string_view kBegin = "SQLite format 3";
  std::string begin(kBegin.size(), '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  return file.gcount() == 0 || begin == kBegin;
}

Result<Database> open_to_read(const std::string& path) {
  COX_RETURN_IF_ERROR(check_is_file(path));
  COX_ASSIGN_OR_RETURN(Database database,
                       Database::open(path, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX));
  return database;
}

bool is_damage(const Status& status) {
  return !status.is_ok() && status.code() != StatusCode::kFailedPrecondition &&
         status.code() != StatusCode::kNotFound;
}

/// kDataLoss when the totals of jobs by state of a run that a series names are not those of its
/// jobs.
Status check_job_totals(const Database& database) {
  COX_RETURN_IF_ERROR(hide_other_views(database, embedded_migrations()));
  COX_ASSIGN_OR_RETURN(
      Statement different,
      Statement::prepare(
          database.handle(),
          "SELECT r.digest FROM (SELECT * FROM (SELECT * FROM job_totals EXCEPT"
          " SELECT * FROM counted_job_totals) UNION ALL SELECT * FROM (SELECT * FROM"
          " counted_job_totals EXCEPT SELECT * FROM job_totals)) t JOIN runs r ON r.id = t.run_id"
          " WHERE EXISTS (SELECT 1 FROM series_runs m"
          " WHERE m.run_id = t.run_id AND m.dataset_id = t.dataset_id) LIMIT 1"));
  COX_ASSIGN_OR_RETURN(const bool found, different.step());
  if (!found) return Status::ok();
  return {StatusCode::kDataLoss,
          fmt::format("job_totals: the jobs by state of run {} are not those in its jobs",
                      different.text(0))};
}

/// Describes the first fault in the content; "" when there is none.
std::string damage_in(const Database& database, std::int64_t version) {
  const Status whole = database.check_integrity();
  if (!whole.is_ok()) return whole.message();
  if (version < known_version()) return "";  // its rows are read after they were migrated
  const Result<core::Snapshot> snapshot = load_snapshot(database);
  if (!snapshot.is_ok()) return snapshot.status().message();
  const Status fits = check_snapshot(*snapshot);
  return fits.is_ok() ? check_job_totals(database).message() : fits.message();
}

/// Flushes and names the finished copy `aside` of a database.
Status publish_checked(const std::string& aside, const std::string& path) {
  const Result<Condition> condition = examine(aside);
  Status status = condition.status();
  if (status.is_ok() && condition->kind == Condition::Kind::kDamaged) {
    status = {StatusCode::kDataLoss, "the copy is damaged: " + condition->damage};
  }
  for (const char* suffix : {kLogSuffix, kIndexSuffix}) remove_if_there(aside + suffix);
  if (status.is_ok()) return publish_file(aside, path);
  remove_if_there(aside);
  return status;
}

/// Copies all pages in one step, under one read transaction: writers continue meanwhile. (VACUUM
/// INTO cannot copy generated columns from a connection that only reads.)
Status copy_pages(const Database& from, const std::string& to) {
  COX_ASSIGN_OR_RETURN(
      const Database copy,
      Database::open(to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX));
  sqlite3_backup* backup = sqlite3_backup_init(copy.handle(), "main", from.handle(), "main");
  if (backup == nullptr) return sqlite_error(copy.handle(), "backup");
  sqlite3_backup_step(backup, -1);
  const int code = sqlite3_backup_finish(backup);
  if (code != SQLITE_OK) return sqlite_error(copy.handle(), "backup");
  // Without a write-ahead log, so that readers of the copy leave no file next to it.
  return copy.query_text("PRAGMA journal_mode = DELETE").status();
}

Status copy_bytes(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::copy_file(from, to, error);
  if (!error) return Status::ok();
  remove_if_there(to);
  return unavailable(fmt::format("cannot copy '{}' to '{}': {}", from, to, error.message()));
}

/// The first of NAME.before-restore.1, .2, ... that is free.
std::string name_aside(const std::string& path) {
  constexpr int kMostNames = 10'000;
  for (int number = 1; number <= kMostNames; ++number) {
    std::string name = fmt::format("{}.before-restore.{}", path, number);
    if (!exists(name)) return name;
  }
  return "";
}

/// Moves the database with its log: neither is usable without the other.
Result<std::string> move_aside(const std::string& path) {
  if (!exists(path)) return std::string();
  const std::string aside = name_aside(path);
  if (aside.empty()) {
    return failed_precondition(
        fmt::format("there are 10000 files '{}.before-restore.*': remove some", path));
  }
  std::error_code error;
  for (const char* suffix : {kLogSuffix, kIndexSuffix, ""}) {
    const std::string from = path + suffix;
    if (exists(from)) fs::rename(from, aside + suffix, error);
    if (error) {
      return unavailable(fmt::format("cannot move '{}' aside: {}", from, error.message()));
    }
  }
  return aside;
}

}  // namespace

Result<Condition> examine(const std::string& path) {
  COX_RETURN_IF_ERROR(check_is_file(path));
  Condition condition;
  condition.holder = holder_of(path);
  condition.log_bytes = size_or_zero(path + kLogSuffix);
  if (!condition.holder.empty()) {
    condition.kind = Condition::Kind::kInUse;
  } else if (condition.log_bytes > 0) {
    condition.kind = Condition::Kind::kUnclean;
  }
  COX_ASSIGN_OR_RETURN(const Database database, open_to_read(path));
  const Result<std::int64_t> version = version_of(database, path, known_version());
  if (!version.is_ok() && !is_damage(version.status())) return version.status();
  if (!begins_as_database(path)) {
    condition.damage =
        "it does not begin with a database header: it is another file, or its first page is "
        "damaged";
  } else {
    condition.damage = version.is_ok() ? damage_in(database, *version) : version.status().message();
  }
  if (!condition.damage.empty()) condition.kind = Condition::Kind::kDamaged;
  return condition;
}

Result<Facts> facts_of(const std::string& path) {
  COX_ASSIGN_OR_RETURN(const Database database, open_to_read(path));
  Facts facts;
  COX_ASSIGN_OR_RETURN(facts.version, version_of(database, path, known_version()));
  facts.bytes = size_or_zero(path);
  facts.log_bytes = size_or_zero(path + kLogSuffix);
  const std::string folder = fs::absolute(path).parent_path().string();
  COX_ASSIGN_OR_RETURN(facts.file_system, network_file_system_of(folder));
  const std::pair<const char*, std::int64_t*> counts[] = {{"series", &facts.series},
                                                          {"runs", &facts.runs},
                                                          {"jobs", &facts.jobs},
                                                          {"results", &facts.results},
                                                          {"workers", &facts.workers}};
  for (const auto& [table, count] : counts) {
    COX_ASSIGN_OR_RETURN(*count,
                         database.query_integer(fmt::format("SELECT count(*) FROM {}", table)));
  }
  return facts;
}

Status back_up_to(const std::string& path, const std::string& copy) {
  COX_ASSIGN_OR_RETURN(const Database database, open_to_read(path));
  COX_RETURN_IF_ERROR(version_of(database, path, known_version()).status());
  if (exists(copy)) {
    return {StatusCode::kAlreadyExists,
            fmt::format("'{}' exists; a backup never replaces a file: choose another name", copy)};
  }
  // First next to the database, where SQLite may write: the copy may be on a network file system.
  const std::string local = unique_sibling(path);
  const std::string aside = unique_sibling(copy);
  Status status = copy_pages(database, local).with_context(fmt::format("cannot copy '{}'", path));
  if (status.is_ok()) status = copy_bytes(local, aside);
  remove_if_there(local);
  if (status.is_ok()) status = publish_checked(aside, copy);
  return status;
}

Result<std::string> restore_from(const std::string& backup, const std::string& path) {
  COX_ASSIGN_OR_RETURN(const Condition condition, examine(backup));
  if (condition.kind == Condition::Kind::kDamaged) {
    return Status(StatusCode::kDataLoss,
                  fmt::format("backup '{}' is damaged: {}", backup, condition.damage));
  }
  if (condition.kind == Condition::Kind::kInUse || condition.log_bytes > 0) {
    return failed_precondition(fmt::format(
        "'{}' is a database with a write-ahead log, not a backup; make one with 'cox db backup'",
        backup));
  }
  COX_RETURN_IF_ERROR(check_local_file_system(fs::absolute(path).parent_path().string()));
  COX_ASSIGN_OR_RETURN(const FileLock lock, FileLock::acquire(path + ".lock"));
  const std::string aside = unique_sibling(path);
  COX_RETURN_IF_ERROR(copy_bytes(backup, aside));
  COX_ASSIGN_OR_RETURN(std::string moved, move_aside(path));
  COX_RETURN_IF_ERROR(publish_checked(aside, path));
  return moved;
}

}  // namespace cox::store
