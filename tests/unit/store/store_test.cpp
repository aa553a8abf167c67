#include "coordinator/store/store.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/file.h"
#include "coordinator/store/file_system.h"
#include "coordinator/store/migrations.h"
#include "coordinator/store/read_only.h"
#include "coordinator/store/sqlite.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/queue_fixture.h"
#include "tests/unit/store/scratch.h"

namespace cox::store {
namespace {

Database raw(const std::string& path) {
  return Database::open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE).value();
}

TEST_CASE("what was committed is loaded again") {
  const test::Scratch scratch;
  core::Core core;
  {
    Store store = Store::open(scratch.file("a.db")).value();
    REQUIRE(store.commit(core.apply(test::submission("s", {"a", "b"}, {"v1", "v2"}), 10)).is_ok());
    REQUIRE(store.commit(core.apply(test::worker("w"), 20)).is_ok());
    REQUIRE(store.commit(core.apply(core::LeaseAsked{WorkerId("w.1"), "", 8}, 30)).is_ok());
  }
  const Store store = Store::open(scratch.file("a.db")).value();
  const core::Snapshot stored = store.load().value();
  CHECK(stored == core.snapshot());
  CHECK(stored.jobs.size() == 4);
  CHECK(stored.leases.size() == 1);
  CHECK(store.run_definition(stored.runs[1].digest).value() == "bytes of b");
  CHECK(store.run_definition("none").status().code() == StatusCode::kNotFound);
  CHECK(store.integrity_check().is_ok());
}

TEST_CASE("several events share one transaction") {
  const test::Scratch scratch;
  core::Core core;
  Store store = Store::open(scratch.file("a.db")).value();
  const std::vector<core::Effects> batch = {
      core.apply(test::submission("s", {"a"}, {"v1"}), 10), core.apply(test::worker("w"), 20),
      core.apply(core::LeaseAsked{WorkerId("w.1"), "", 8}, 30)};
  REQUIRE(store.commit(batch).is_ok());
  CHECK(store.load().value() == core.snapshot());
}

TEST_CASE("a second process is refused, and told who holds the database") {
  const test::Scratch scratch;
  const Store store = Store::open(scratch.file("a.db")).value();
  const Status status = Store::open(scratch.file("a.db")).status();
  CHECK(status.code() == StatusCode::kUnavailable);
  CHECK(status.message().find(std::to_string(::getpid())) != std::string::npos);
}

TEST_CASE("a database of a newer version is refused and left as it is") {
  const test::Scratch scratch;
  const std::string path = scratch.file("a.db");
  REQUIRE(Store::open(path).is_ok());
  REQUIRE(raw(path).execute("PRAGMA user_version = 99").is_ok());
  const Status status = Store::open(path).status();
  CHECK(status.code() == StatusCode::kFailedPrecondition);
  CHECK(status.message().find("version 99") != std::string::npos);
  CHECK(ReadOnlyDatabase::open(path).status() == status);
  CHECK(raw(path).query_integer("PRAGMA user_version").value() == 99);
}

TEST_CASE("a file that is no database of ours is refused and left as it is") {
  const test::Scratch scratch;
  const std::string other = scratch.file("other.db");
  REQUIRE(raw(other).execute("CREATE TABLE t (x)").is_ok());
  CHECK(Store::open(other).status().code() == StatusCode::kFailedPrecondition);
  CHECK(raw(other).query_text("PRAGMA journal_mode").value() == "delete");

  const std::string text = scratch.file("text.db");
  const std::string content(5000, 'x');
  REQUIRE(write_file_atomically(text, content).is_ok());
  CHECK(Store::open(text).status().code() == StatusCode::kDataLoss);
  CHECK(read_file(text).value() == content);
}

/// The tables that every version has: what views are made from.
const std::string kBookkeeping =
    "CREATE TABLE metrics (id INTEGER PRIMARY KEY, name TEXT UNIQUE); "
    "CREATE TABLE view_source (digest TEXT); INSERT INTO view_source (digest) VALUES (''); ";

TEST_CASE("an older database is backed up, then migrated") {
  const test::Scratch scratch;
  const std::string path = scratch.file("a.db");
  const Database database = raw(path);
  const Migrations first = {
      {{1, kBookkeeping + "CREATE TABLE t (x, z); INSERT INTO t VALUES (7, 0)"}},
      "CREATE VIEW v AS SELECT x, z FROM t; CREATE VIEW old AS SELECT 1"};
  Migrations second = first;
  second.steps[2] = "ALTER TABLE t DROP COLUMN z; ALTER TABLE t ADD COLUMN y DEFAULT 8";
  second.views = "CREATE VIEW v AS SELECT x + y AS sum FROM t";
  REQUIRE(migrate(database, path, first).is_ok());
  CHECK_FALSE(std::filesystem::exists(path + ".v0.backup"));
  REQUIRE(migrate(database, path, second).is_ok());
  CHECK(database.query_integer("SELECT sum FROM v").value() == 15);
  CHECK(database.query_integer("SELECT count(*) FROM sqlite_schema WHERE type = 'view'").value() ==
        1);
  CHECK(database.query_integer("PRAGMA user_version").value() == 2);
  const Database backup = raw(path + ".v1.backup");
  CHECK(backup.query_integer("PRAGMA user_version").value() == 1);
  CHECK(backup.query_integer("SELECT count(*) FROM pragma_table_info('t')").value() == 2);
}

TEST_CASE("a migration that fails leaves the version before it") {
  const test::Scratch scratch;
  const std::string path = scratch.file("a.db");
  const Database database = raw(path);
  REQUIRE(migrate(database, path, {{{1, kBookkeeping + "CREATE TABLE t (x)"}}, ""}).is_ok());
  const Status status =
      migrate(database, path, {{{1, ""}, {2, "CREATE TABLE u (x); CREATE TABLE t (x)"}}, ""});
  CHECK_FALSE(status.is_ok());
  CHECK(status.message().find("migration 2") != std::string::npos);
  CHECK(database.query_integer("PRAGMA user_version").value() == 1);
  CHECK(database.query_integer("SELECT count(*) FROM sqlite_schema WHERE name = 'u'").value() == 0);
}

TEST_CASE("network file systems are known by their numbers") {
  CHECK(network_file_system(0x6969) == "NFS");
  CHECK(network_file_system(0x0BD00BD0) == "Lustre");
  CHECK(network_file_system(0x47504653) == "GPFS");
  // statfs's field is signed on some machines.
  CHECK(network_file_system(static_cast<std::int32_t>(0xFF534D42)) == "CIFS");
  CHECK(network_file_system(0xEF53).empty());      // ext4
  CHECK(network_file_system(0x01021994).empty());  // tmpfs
  CHECK(check_local_file_system("/nowhere").code() == StatusCode::kNotFound);
}

void remove_or_replace(const std::string& how, const std::string& path) {
  if (how == "moved") return std::filesystem::rename(path, path + ".moved");
  std::filesystem::remove(path);
  if (how == "deleted with its log") std::filesystem::remove(path + "-wal");
  if (how == "replaced") std::filesystem::copy_file(path + ".other", path);
}

TEST_CASE("a database that is deleted or replaced in use stops the store, its content rescued") {
  for (const char* how : {"deleted", "deleted with its log", "moved", "replaced"}) {
    INFO(how);
    const test::Scratch scratch;
    const std::string path = scratch.file("a.db");
    CHECK(Store::open(path + ".other").is_ok());
    core::Core core;
    core::Snapshot acknowledged;
    {
      Store store = Store::open(path).value();
      REQUIRE(store.commit(core.apply(test::submission("s", {"r"}, {"v1", "v2"}), 0)).is_ok());
      acknowledged = core.snapshot();
      remove_or_replace(how, path);
      const Status status = store.commit(core.apply(test::worker("w"), 1));
      CHECK(status.code() == StatusCode::kDataLoss);
      CHECK(status.message().find(path) != std::string::npos);
      CHECK(status.message().find("nothing written since is at that path") != std::string::npos);
      CHECK(store.commit(core.apply(test::worker("w2"), 2)).code() ==
            StatusCode::kFailedPrecondition);
    }
    const Store rescued = Store::open(concat(path, ".rescued.", ::getpid())).value();
    CHECK(rescued.integrity_check().is_ok());
    CHECK(rescued.load().value() == acknowledged);
  }
}

TEST_CASE("a full disk loses nothing that was acknowledged") {
  const test::Scratch scratch;
  const std::string path = scratch.file("a.db");
  core::Snapshot acknowledged;
  {
    Store store = Store::open(path, {.max_pages = 150}).value();
    core::Core core;
    Status status;
    int commits = 0;
    for (; status.is_ok() && commits < 1000; ++commits) {
      acknowledged = core.snapshot();
      const std::string series = concat("series", commits);
      core::Submitted event = test::submission(series, {series}, {"v1", "v2", "v3"});
      event.sweep_text.assign(10'000, 'x');
      status = store.commit(core.apply(std::move(event), commits));
    }
    CHECK(status.code() == StatusCode::kResourceExhausted);
    CHECK(status.message().find("free space") != std::string::npos);
    CHECK(commits > 2);
    // The core is ahead of the disk now: nothing more may be written.
    const Status after = store.commit(core.apply(test::worker("w"), 1));
    CHECK(after.code() == StatusCode::kFailedPrecondition);
  }
  Store store = Store::open(path).value();
  CHECK(store.integrity_check().is_ok());
  CHECK(store.load().value() == acknowledged);
  core::Core core = core::Core::restore({}, acknowledged, 0);
  CHECK(store.commit(core.apply(test::submission("more", {"more"}, {"v1"}), 5)).is_ok());
  CHECK(store.load().value() == core.snapshot());
}

TEST_CASE("a file size limit at a commit is a full disk, and loses nothing acknowledged") {
  const test::Scratch scratch;
  const std::string path = scratch.file("a.db");
  core::Snapshot acknowledged;
  {
    Store store = Store::open(path).value();
    core::Core core;
    Status status;
    const test::FileSizeLimit limit(std::filesystem::file_size(path + "-wal") + 600'000);
    for (int commits = 0; status.is_ok() && commits < 1000; ++commits) {
      acknowledged = core.snapshot();
      const std::string series = fmt::format("series{}", commits);
      core::Submitted event = test::submission(series, {series}, {"v1", "v2", "v3"});
      event.sweep_text.assign(10'000, 'x');
      status = store.commit(core.apply(std::move(event), commits));
    }
    CHECK(status.code() == StatusCode::kResourceExhausted);
    CHECK(status.message().find("(ulimit -f)") != std::string::npos);
    CHECK(status.message().find("free space") != std::string::npos);
  }
  const Store store = Store::open(path).value();
  CHECK(store.integrity_check().is_ok());
  CHECK(store.load().value() == acknowledged);
  CHECK(acknowledged.series.size() > 1);
}

}  // namespace
}  // namespace cox::store
