#include "coordinator/store/store.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/fault.h"
#include "base/file.h"
#include "coordinator/store/file_identity.h"
#include "coordinator/store/file_system.h"
#include "coordinator/store/loader.h"
#include "coordinator/store/lock_wait.h"
#include "coordinator/store/migrations.h"
#include "coordinator/store/published_rows.h"
#include "coordinator/store/snapshot_check.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/writer.h"

namespace cox::store {

struct Store::State {
  std::string path;
  FileLock lock;
  /// On the database itself, whatever name it was opened by. SQLite's own locks end when any
  /// descriptor of the file is closed, so this member outlives `database`.
  FileLock file_lock;
  FileIdentity file;
  FileIdentity wal;
  FileStamp stamp;  ///< of the database's file after the last commit
  std::unique_ptr<LockWait> lock_wait;
  Database database;
  Writer writer;
  Status broken;  ///< why a commit failed, if one did
};

namespace {

/// Page size of a new database. Result rows are long: SQLite's default of 4096 bytes makes writing
/// them cost a sixth more processor time.
constexpr int kPageBytes = 8192;

/// Configures the one writing connection. FULL: a commit is on disk when it returns.
Status configure(const Database& database, const StoreOptions& options) {
  COX_RETURN_IF_ERROR(database.execute(fmt::format("PRAGMA page_size = {}", kPageBytes)));
  COX_ASSIGN_OR_RETURN(const std::string mode, database.query_text("PRAGMA journal_mode = WAL"));
  if (mode != "wal") {
    return failed_precondition(
        fmt::format("SQLite cannot use its write-ahead log here: expected journal mode 'wal', got "
                    "'{}'; put the database on a local disk",
                    mode));
  }
  COX_RETURN_IF_ERROR(
      database.execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; "
                       "PRAGMA cache_size = -65536"));
  if (options.max_pages > 0) {
    return database.execute(fmt::format("PRAGMA max_page_count = {}", options.max_pages));
  }
  return Status::ok();
}

/// The advice that every message about a damaged file ends with.
std::string recovery_advice(const std::string& path) {
  return fmt::format(
      "move the file and its -wal file aside, then restore a backup ('{0}.v*.backup', "
      "'{0}.rescued.*' or your own), or recover what is readable: sqlite3 DAMAGED_FILE .recover | "
      "sqlite3 '{0}'",
      path);
}

/// Checks every page at the start: damage that is found while a sweep runs costs results.
Status check_undamaged(const Database& database, const std::string& path) {
  const Result<std::string> found = database.query_text("PRAGMA quick_check(1)");
  if (found.is_ok() && *found == "ok") return Status::ok();
  return {StatusCode::kDataLoss,
          fmt::format("'{}' is damaged: {}; {}", path,
                      found.is_ok() ? *found : found.status().message(), recovery_advice(path))};
}

std::string wal_of(const std::string& path) { return path + "-wal"; }

Status make_parent_directory(const std::string& path, std::string& parent) {
  parent = std::filesystem::absolute(path).parent_path().string();
  std::error_code error;
  std::filesystem::create_directories(parent, error);
  if (!error) return Status::ok();
  return unavailable(fmt::format("cannot create directory '{}': {}", parent, error.message()));
}

}  // namespace

Result<Store> Store::open(const std::string& path, const StoreOptions& options) {
  std::string parent;
  COX_RETURN_IF_ERROR(make_parent_directory(path, parent));
  COX_RETURN_IF_ERROR(check_local_file_system(parent));
  COX_ASSIGN_OR_RETURN(FileLock lock, FileLock::acquire(path + ".lock"));
  COX_ASSIGN_OR_RETURN(FileLock file_lock, FileLock::hold(path));
  COX_ASSIGN_OR_RETURN(
      Database database,
      Database::open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX));
  auto lock_wait = std::make_unique<LockWait>(database, path, options.lock_patience);
  COX_RETURN_IF_ERROR(version_of(database, path, known_version()).status());
  COX_RETURN_IF_ERROR(configure(database, options).with_context(fmt::format("'{}'", path)));
  COX_RETURN_IF_ERROR(check_undamaged(database, path));
  COX_RETURN_IF_ERROR(migrate(database, path, embedded_migrations()));
  COX_ASSIGN_OR_RETURN(Writer writer, Writer::prepare(database));
  COX_ASSIGN_OR_RETURN(const FileIdentity file, FileIdentity::of(path));
  COX_ASSIGN_OR_RETURN(const FileIdentity wal, FileIdentity::of(wal_of(path)));
  COX_ASSIGN_OR_RETURN(const FileStamp stamp, FileStamp::of(path));
  return Store(std::make_unique<State>(State{path,
                                             std::move(lock),
                                             std::move(file_lock),
                                             file,
                                             wal,
                                             stamp,
                                             std::move(lock_wait),
                                             std::move(database),
                                             std::move(writer),
                                             {}}));
}

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Status Store::commit(const core::Effects& effects) {
  return commit(std::span<const core::Effects>(&effects, 1));
}

namespace {

/// Copies the database that this process still has open to a new file; returns the outcome. A
/// deleted or replaced file lives as long as it is open, with everything that was acknowledged.
std::string rescue(const Database& database, const std::string& path) {
  const std::string copy = fmt::format("{}.rescued.{}", path, ::getpid());
  Result<Statement> vacuum = Statement::prepare(database.handle(), "VACUUM INTO ?");
  const Status status = vacuum.is_ok() ? vacuum->run(copy) : vacuum.status();
  if (!status.is_ok()) return fmt::format("copying the old file failed too: {}", status.message());
  return fmt::format(
      "everything that was acknowledged is in '{}': move it to '{}' and restart the coordinator",
      copy, path);
}

/// Checks that the files of the database, `file` and its log `wal`, are still those that were
/// opened. SQLite keeps writing into a file that is no longer at its path.
Status check_in_place(const Database& database, const FileIdentity& file, const FileIdentity& wal,
                      const std::string& path) {
  Status found = file.check_unchanged(path);
  if (found.is_ok()) found = wal.check_unchanged(wal_of(path));
  if (found.is_ok()) return found;
  return {found.code(),
          fmt::format("the database was deleted or replaced while it was in use ({}); nothing "
                      "written since is at that path; {}",
                      found.message(), rescue(database, path))};
}

/// Checks that no other program wrote into the database's file since it had the stamp `last`: only
/// commits of this process write there, and checkpoints of other connections, which do no harm.
Status check_not_overwritten(const std::string& path, const FileStamp& last) {
  COX_ASSIGN_OR_RETURN(const FileStamp now, FileStamp::of(path));
  if (now == last) return Status::ok();
  if (now.bytes < last.bytes) {
    return {StatusCode::kDataLoss,
            fmt::format("another program truncated the database from {} to {} bytes while it was "
                        "in use; {}",
                        last.bytes, now.bytes, recovery_advice(path))};
  }
  // A separate connection, which has no page in its cache.
  COX_ASSIGN_OR_RETURN(const Database fresh,
                       Database::open(path, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX));
  return check_undamaged(fresh, path)
      .with_context("another program wrote into the database while it was in use");
}

Status write_batch(const Database& database, Writer& writer, std::span<const core::Effects> batch) {
  COX_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(database));
  for (const core::Effects& effects : batch) {
    for (const core::Save& save : effects.saves) COX_RETURN_IF_ERROR(writer.write(save));
    for (const core::JobTotals& totals : effects.totals) writer.keep(totals);
  }
  COX_RETURN_IF_ERROR(writer.finish_transaction());
  fault_point("store_before_commit");
  COX_RETURN_IF_ERROR(transaction.commit());
  fault_point("store_after_commit");
  return Status::ok();
}

}  // namespace

Status Store::commit(std::span<const core::Effects> batch) {
  if (!state_->broken.is_ok()) {
    return failed_precondition(
        fmt::format("an earlier commit failed ({}), so the database is behind the coordinator: "
                    "restart the coordinator",
                    state_->broken.message()));
  }
  const bool nothing = std::all_of(batch.begin(), batch.end(), [](const core::Effects& effects) {
    return effects.saves.empty();
  });
  if (nothing) return Status::ok();
  Status status = check_in_place(state_->database, state_->file, state_->wal, state_->path);
  if (status.is_ok()) status = check_not_overwritten(state_->path, state_->stamp);
  if (status.is_ok()) status = write_batch(state_->database, state_->writer, batch);
  const Result<FileStamp> stamp = FileStamp::of(state_->path);
  if (status.is_ok()) status = stamp.status();
  if (status.is_ok()) {
    state_->stamp = *stamp;
    return status;
  }
  state_->broken = status.with_context(fmt::format("cannot save to '{}'", state_->path));
  return state_->broken;
}

Status Store::publish(const std::string& source, const std::vector<PublishedResult>& results) {
  COX_RETURN_IF_ERROR(check_in_place(state_->database, state_->file, state_->wal, state_->path));
  COX_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(state_->database));
  COX_RETURN_IF_ERROR(replace_published(state_->database, source, results));
  COX_RETURN_IF_ERROR(transaction.commit());
  COX_ASSIGN_OR_RETURN(state_->stamp, FileStamp::of(state_->path));
  return Status::ok();
}

Result<std::vector<VideoFiles>> Store::video_files() const {
  COX_ASSIGN_OR_RETURN(
      Statement statement,
      Statement::prepare(
          state_->database.handle(),
          "SELECT x.job_id, lower(hex(j.digest)), x.generated_path, x.reference_path, "
          "EXISTS (SELECT 1 FROM series_runs m JOIN dataset_videos v ON v.dataset_id = "
          "m.dataset_id AND v.video_id = j.video_id WHERE m.run_id = j.run_id AND m.superseded = "
          "0) FROM results x JOIN jobs j ON j.id = x.job_id ORDER BY x.job_id"));
  statement.start();
  std::vector<VideoFiles> files;
  while (true) {
    COX_ASSIGN_OR_RETURN(const bool is_row, statement.step());
    if (!is_row) return files;
    files.push_back({.job = statement.integer(0),
                     .job_digest = statement.text(1),
                     .generated = statement.text(2),
                     .reference = statement.text(3),
                     .is_current = statement.integer(4) != 0});
  }
}

Status Store::forget_generated(const std::vector<std::int64_t>& jobs) {
  COX_RETURN_IF_ERROR(check_in_place(state_->database, state_->file, state_->wal, state_->path));
  COX_ASSIGN_OR_RETURN(
      Statement forget,
      Statement::prepare(state_->database.handle(),
                         "UPDATE results SET generated_path = '' WHERE job_id = ?"));
  COX_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(state_->database));
  for (const std::int64_t job : jobs) COX_RETURN_IF_ERROR(forget.run(job));
  COX_RETURN_IF_ERROR(transaction.commit());
  COX_ASSIGN_OR_RETURN(state_->stamp, FileStamp::of(state_->path));
  return Status::ok();
}

Result<core::Snapshot> Store::load() const {
  COX_ASSIGN_OR_RETURN(core::Snapshot snapshot, load_snapshot(state_->database));
  const Status fits = check_snapshot(snapshot);
  if (fits.is_ok()) return snapshot;
  return Status(fits.code(), fmt::format("'{}' is damaged: {}; {}", state_->path, fits.message(),
                                         recovery_advice(state_->path)));
}

Result<std::string> Store::run_definition(const std::string& run_digest) const {
  COX_ASSIGN_OR_RETURN(Statement statement,
                       Statement::prepare(state_->database.handle(),
                                          "SELECT definition FROM runs WHERE digest = ?"));
  statement.start(run_digest);
  COX_ASSIGN_OR_RETURN(const bool found, statement.step());
  if (!found) return not_found(fmt::format("no run has the digest {}", run_digest));
  return statement.text(0);
}

Status Store::integrity_check() const {
  const Status whole = state_->database.check_integrity();
  return whole.is_ok() ? whole : whole.with_context(fmt::format("'{}' is damaged", state_->path));
}

const std::string& Store::path() const { return state_->path; }

}  // namespace cox::store
