#include "coordinator/store/store.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/fault.h"
#include "base/file.h"
#include "base/text.h"
#include "coordinator/store/file_identity.h"
#include "coordinator/store/file_system.h"
#include "coordinator/store/loader.h"
#include "coordinator/store/migrations.h"
#include "coordinator/store/snapshot_check.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/writer.h"

namespace cox::store {

struct Store::State {
  std::string path;
  FileLock lock;
  /// On the database itself, by whatever name it was opened. SQLite's own locks are of another
  /// kind; they end when any descriptor of the file is closed, so this one is closed last.
  FileLock file_lock;
  FileIdentity file;
  FileIdentity wal;
  Database database;
  Writer writer;
  Status broken;  ///< why a commit failed, if one did
};

namespace {

/// Of a new database. Result rows are long: with SQLite's usual 4096 bytes their writing costs a
/// sixth more processor time.
constexpr int kPageBytes = 8192;

/// Settings of the one writing connection. FULL: a commit is on disk when it returns.
Status configure(const Database& database, const StoreOptions& options) {
  COX_RETURN_IF_ERROR(database.execute(concat("PRAGMA page_size = ", kPageBytes)));
  COX_ASSIGN_OR_RETURN(const std::string mode, database.query_text("PRAGMA journal_mode = WAL"));
  if (mode != "wal") {
    return failed_precondition(
        concat("SQLite cannot use its write-ahead log here (got journal "
               "mode '",
               mode, "'): put the database on a local disk"));
  }
  COX_RETURN_IF_ERROR(
      database.execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; "
                       "PRAGMA cache_size = -65536"));
  if (options.max_pages > 0) {
    return database.execute(concat("PRAGMA max_page_count = ", options.max_pages));
  }
  return Status::ok();
}

/// What to do about a damaged file.
std::string way_back(const std::string& path) {
  return fmt::format(
      "copy the file and its -wal aside, then restore a backup ('{0}.v*.backup', '{0}.rescued.*' "
      "or "
      "your own), or save what is readable with: sqlite3 '{0}' .recover | sqlite3 repaired.db",
      path);
}

/// Damage that is found only while a sweep runs would cost its results.
Status check_undamaged(const Database& database, const std::string& path) {
  const Result<std::string> found = database.query_text("PRAGMA quick_check(1)");
  if (found.is_ok() && *found == "ok") return Status::ok();
  return {StatusCode::kDataLoss,
          fmt::format("'{}' is damaged ({}); {}", path,
                      found.is_ok() ? *found : found.status().message(), way_back(path))};
}

std::string wal_of(const std::string& path) { return path + "-wal"; }

Status make_parent_directory(const std::string& path, std::string& parent) {
  parent = std::filesystem::absolute(path).parent_path().string();
  std::error_code error;
  std::filesystem::create_directories(parent, error);
  if (!error) return Status::ok();
  return unavailable(concat("cannot make directory '", parent, "': ", error.message()));
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
  COX_RETURN_IF_ERROR(version_of(database, path, known_version()).status());
  COX_RETURN_IF_ERROR(configure(database, options).with_context(concat("'", path, "'")));
  COX_RETURN_IF_ERROR(check_undamaged(database, path));
  COX_RETURN_IF_ERROR(migrate(database, path, embedded_migrations()));
  COX_ASSIGN_OR_RETURN(Writer writer, Writer::prepare(database));
  COX_ASSIGN_OR_RETURN(const FileIdentity file, FileIdentity::of(path));
  COX_ASSIGN_OR_RETURN(const FileIdentity wal, FileIdentity::of(wal_of(path)));
  return Store(std::make_unique<State>(State{path,
                                             std::move(lock),
                                             std::move(file_lock),
                                             file,
                                             wal,
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

/// A file that was deleted or replaced lives on for as long as this process has it open: what it
/// holds, which is everything that was acknowledged, goes to a new one. Says how that went.
std::string rescued(const Database& database, const std::string& name) {
  const std::string path = ends_with(name, "-wal") ? name.substr(0, name.size() - 4) : name;
  const std::string copy = concat(path, ".rescued.", ::getpid());
  Result<Statement> vacuum = Statement::prepare(database.handle(), "VACUUM INTO ?");
  const Status status = vacuum.is_ok() ? vacuum->run(copy) : vacuum.status();
  if (!status.is_ok()) return concat("a copy of the former file failed, too: ", status.message());
  return concat("everything that was acknowledged is in '", copy, "': move it to '", path,
                "' to go on");
}

Status check_in_place(const Database& database, const FileIdentity& file, const std::string& path) {
  const Status found = file.check_unchanged(path);
  if (found.is_ok()) return found;
  return {found.code(),
          concat("the database was deleted or replaced while it was in use, ", found.message(),
                 "; nothing since is on disk under that path; ", rescued(database, path))};
}

Status write_batch(const Database& database, Writer& writer, std::span<const core::Effects> batch) {
  COX_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(database));
  for (const core::Effects& effects : batch) {
    for (const core::Save& save : effects.saves) COX_RETURN_IF_ERROR(writer.write(save));
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
        concat("the database is behind the coordinator since a commit failed (",
               state_->broken.message(), "): end the process and start it again"));
  }
  const bool nothing = std::all_of(batch.begin(), batch.end(), [](const core::Effects& effects) {
    return effects.saves.empty();
  });
  if (nothing) return Status::ok();
  Status status = check_in_place(state_->database, state_->file, state_->path);
  if (status.is_ok()) {
    status = check_in_place(state_->database, state_->wal, wal_of(state_->path));
  }
  if (status.is_ok()) status = write_batch(state_->database, state_->writer, batch);
  if (status.is_ok()) return status;
  state_->broken = status.with_context(concat("cannot save to '", state_->path, "'"));
  return state_->broken;
}

Result<core::Snapshot> Store::load() const {
  COX_ASSIGN_OR_RETURN(core::Snapshot snapshot, load_snapshot(state_->database));
  const Status fits = check_snapshot(snapshot);
  if (fits.is_ok()) return snapshot;
  return Status(fits.code(), fmt::format("'{}' is damaged: {}; {}", state_->path, fits.message(),
                                         way_back(state_->path)));
}

Result<std::string> Store::run_definition(const std::string& run_digest) const {
  COX_ASSIGN_OR_RETURN(Statement statement,
                       Statement::prepare(state_->database.handle(),
                                          "SELECT definition FROM runs WHERE digest = ?"));
  statement.start(run_digest);
  COX_ASSIGN_OR_RETURN(const bool found, statement.step());
  if (!found) return not_found(concat("there is no run with digest ", run_digest));
  return statement.text(0);
}

Status Store::integrity_check() const {
  COX_ASSIGN_OR_RETURN(const std::string found,
                       state_->database.query_text("PRAGMA integrity_check(1)"));
  if (found != "ok") {
    return {StatusCode::kDataLoss, concat("'", state_->path, "' is damaged: ", found)};
  }
  COX_ASSIGN_OR_RETURN(Statement keys,
                       Statement::prepare(state_->database.handle(), "PRAGMA foreign_key_check"));
  COX_ASSIGN_OR_RETURN(const bool broken, keys.step());
  if (!broken) return Status::ok();
  return {StatusCode::kDataLoss,
          concat("'", state_->path, "' is damaged: a row of ", keys.text(0), " refers to nothing")};
}

const std::string& Store::path() const { return state_->path; }

}  // namespace cox::store
