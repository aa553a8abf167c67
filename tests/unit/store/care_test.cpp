// cox db: how files stand, copies of files in use, and copies put in place.

#include "coordinator/store/care.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "coordinator/store/read_only.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/store.h"
#include "tests/support/queue_fixture.h"
#include "tests/unit/store/scratch.h"

namespace cox::store {
namespace {

using Kind = Condition::Kind;
using Catch::Matchers::Contains;

/// A database and its writer, which tests close when they want it closed.
struct CaredFor {
  test::Scratch scratch;
  std::string path = scratch.file("a.db");
  std::optional<Store> store = Store::open(path).value();
  core::Core core;
  TimeUs now = 0;

  void submit(const std::string& series) {
    std::vector<std::string> videos;
    for (int i = 0; i < 200; ++i) videos.push_back(fmt::format("v{}", i));
    REQUIRE(store->commit(core.apply(test::submission(series, {series}, videos), ++now)).is_ok());
  }
  /// The files as a machine that lost power leaves them.
  std::string crashed_copy() const {
    std::string copy = scratch.file("crashed.db");
    std::filesystem::copy_file(path, copy);
    std::filesystem::copy_file(path + "-wal", copy + "-wal");
    return copy;
  }
};

std::int64_t series_in(const std::string& path) { return facts_of(path).value().series; }

/// Overwrites the middle of a file.
void damage(const std::string& path) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(path) / 2));
  file << std::string(20'000, '\xa5');
}

TEST_CASE("a file that is in use, was closed, was left open or is damaged is told as such") {
  CaredFor database;
  database.submit("s");
  const Condition in_use = examine(database.path).value();
  CHECK(in_use.kind == Kind::kInUse);
  CHECK_THAT(in_use.holder, Contains(std::to_string(::getpid())));

  const std::string crashed = database.crashed_copy();
  const Condition unclean = examine(crashed).value();
  CHECK(unclean.kind == Kind::kUnclean);
  CHECK(unclean.log_bytes > 0);
  CHECK(unclean.damage.empty());
  CHECK(series_in(crashed) == 1);  // what is only in the log counts

  database.store.reset();
  CHECK(examine(database.path).value().kind == Kind::kClean);
  damage(database.path);
  const Condition damaged = examine(database.path).value();
  CHECK(damaged.kind == Kind::kDamaged);
  CHECK_FALSE(damaged.damage.empty());
}

TEST_CASE("totals that are not those of the jobs are damage") {
  CaredFor database;
  database.submit("s");
  database.store.reset();
  CHECK(examine(database.path).value().kind == Kind::kClean);
  for (const char* change : {"UPDATE job_totals SET queued = queued - 1, done = done + 1",
                             "DELETE FROM job_totals", "UPDATE jobs SET state = 6 WHERE id = 7"}) {
    const std::string copy = database.scratch.file("changed.db");
    std::filesystem::copy_file(database.path, copy,
                               std::filesystem::copy_options::overwrite_existing);
    REQUIRE(Database::open(copy, SQLITE_OPEN_READWRITE).value().execute(change).is_ok());
    const Condition condition = examine(copy).value();
    INFO(change);
    CHECK(condition.kind == Kind::kDamaged);
    CHECK_THAT(condition.damage, Contains("job_totals: the jobs by state of run "));
  }
}

TEST_CASE("what is not a database of ours, or not there, is an error and not damage") {
  const test::Scratch scratch;
  CHECK(examine(scratch.file("none.db")).status().code() == StatusCode::kNotFound);
  std::ofstream(scratch.file("words.db")) << std::string(10'000, 'w');
  const Condition words = examine(scratch.file("words.db")).value();
  CHECK(words.kind == Kind::kDamaged);
  CHECK_THAT(words.damage, Contains("it is another file, or its first page is damaged"));
  std::ofstream(scratch.file("empty.db"));
  const auto empty = facts_of(scratch.file("empty.db"));
  CHECK_FALSE(empty.is_ok());
}

TEST_CASE("a backup of a database in use is one whole file of that moment") {
  CaredFor database;
  database.submit("s");
  const std::string copy = database.scratch.file("copy.db");
  REQUIRE(back_up_to(database.path, copy).to_string() == "ok");
  database.submit("later");
  CHECK(series_in(copy) == 1);
  CHECK(series_in(database.path) == 2);
  CHECK(examine(copy).value().kind == Kind::kClean);
  CHECK_FALSE(std::filesystem::exists(copy + "-wal"));
  const Status again = back_up_to(database.path, copy);
  CHECK(again.code() == StatusCode::kAlreadyExists);
  CHECK(series_in(copy) == 1);
}

TEST_CASE("a backup of a damaged database fails and leaves nothing behind") {
  CaredFor database;
  database.submit("s");
  database.store.reset();
  damage(database.path);
  CHECK_FALSE(back_up_to(database.path, database.scratch.file("copy.db")).is_ok());
  const auto folder = std::filesystem::path(database.path).parent_path();
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    CHECK_THAT(entry.path().filename().string(), Catch::Matchers::StartsWith("a.db"));
  }
}

TEST_CASE("a restored backup takes the database's place, and what was there is kept") {
  CaredFor database;
  database.submit("s");
  const std::string copy = database.scratch.file("copy.db");
  REQUIRE(back_up_to(database.path, copy).to_string() == "ok");
  database.submit("later");

  const auto refused = restore_from(copy, database.path);
  CHECK(refused.status().code() == StatusCode::kUnavailable);  // in use
  CHECK(series_in(database.path) == 2);

  database.store.reset();
  const auto aside = restore_from(copy, database.path);
  REQUIRE(aside.is_ok());
  CHECK(*aside == database.path + ".before-restore.1");
  CHECK(series_in(database.path) == 1);
  CHECK(series_in(*aside) == 2);
  CHECK(Store::open(database.path).is_ok());
  CHECK(*restore_from(copy, database.path) == database.path + ".before-restore.2");
}

TEST_CASE("a damaged backup, and a database that was left open, are not restored") {
  CaredFor database;
  database.submit("s");
  const std::string copy = database.scratch.file("copy.db");
  REQUIRE(back_up_to(database.path, copy).to_string() == "ok");
  const std::string crashed = database.crashed_copy();
  database.store.reset();
  CHECK(restore_from(crashed, database.path).status().code() == StatusCode::kFailedPrecondition);
  damage(copy);
  CHECK(restore_from(copy, database.path).status().code() == StatusCode::kDataLoss);
  CHECK(series_in(database.path) == 1);
}

}  // namespace
}  // namespace cox::store
