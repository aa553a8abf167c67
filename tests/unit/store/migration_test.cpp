// Databases of other versions: a made-up second version stands for what comes later.

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "coordinator/store/migrations.h"
#include "coordinator/store/read_only.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/store.h"
#include "coordinator/store/view_text.h"
#include "schemas/metric_schema.h"
#include "tests/support/queue_fixture.h"
#include "tests/unit/store/scratch.h"

namespace cox::store {
namespace {

Database opened(const std::string& path) {
  return Database::open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE).value();
}

/// A database of this program with one result, and its worker still here.
void make_database(const std::string& path) {
  Store store = Store::open(path).value();
  core::Core core;
  const auto apply = [&](core::Event event) {
    core::Effects effects = core.apply(std::move(event), 1);
    REQUIRE(store.commit(effects).is_ok());
    return effects;
  };
  apply(test::submission("s", {"a"}, {"v1"}));
  apply(test::worker("w"));
  const core::Effects leased = apply(core::LeaseAsked{WorkerId("w.1"), "", 1});
  const auto* grant = leased.answer<core::LeaseGrant>();
  REQUIRE(grant != nullptr);
  apply(core::Reported{WorkerId("w.1"), grant->lease, grant->jobs[0].digest, grant->jobs[0].attempt,
                       5, 6, core::JobResult(test::result(20.5))});
}

/// The program after this one: tables gain a column, and a view shows it.
Migrations second_version(const std::string& step) {
  Migrations migrations = embedded_migrations();
  migrations.steps.emplace(known_version() + 1, step);
  migrations.views += "\nCREATE VIEW v_added AS SELECT added FROM results;\n";
  return migrations;
}

constexpr const char* kStep = "ALTER TABLE results ADD COLUMN added INTEGER NOT NULL DEFAULT 7;";

std::string schema_of(const Database& database) {
  return database.query_text("SELECT group_concat(sql, ';') FROM sqlite_schema").value();
}

TEST_CASE(
    "a migration keeps the results, makes the views again and leaves a copy of the old file") {
  const test::Scratch scratch;
  const std::string path = scratch.file("a.db");
  make_database(path);
  const Database database = opened(path);
  const Status migrated = migrate(database, path, second_version(kStep));
  INFO(migrated.to_string());
  REQUIRE(migrated.is_ok());
  CHECK(database.query_integer("PRAGMA user_version").value() == known_version() + 1);
  CHECK(database.query_integer("SELECT added FROM v_added").value() == 7);
  CHECK(database.query_integer("SELECT psnr = 20.5 FROM v_results").value() == 1);
  CHECK(database.query_integer("SELECT psnr = 20.5 AND done = 1 FROM v_leaderboard").value() == 1);
  const Database backup = opened(fmt::format("{}.v{}.backup", path, known_version()));
  CHECK(backup.query_integer("PRAGMA user_version").value() == known_version());
  CHECK(backup.query_integer("SELECT psnr = 20.5 FROM v_results").value() == 1);
  CHECK_FALSE(backup.query_integer("SELECT added FROM results").is_ok());
}

TEST_CASE("a migration that fails half way changes nothing") {
  const test::Scratch scratch;
  const std::string path = scratch.file("a.db");
  make_database(path);
  const Database database = opened(path);
  const std::string before = schema_of(database);
  const std::string half = std::string(kStep) + "UPDATE results SET no_such_column = 1;";
  const Status failed = migrate(database, path, second_version(half));
  CHECK(failed.message().find(fmt::format("migration {}", known_version() + 1)) !=
        std::string::npos);
  CHECK(failed.message().find("no_such_column") != std::string::npos);
  CHECK(database.query_integer("PRAGMA user_version").value() == known_version());
  CHECK(schema_of(database) == before);
  CHECK(database.query_integer("SELECT psnr = 20.5 FROM v_results").value() == 1);
  REQUIRE(migrate(database, path, second_version(kStep)).is_ok());
  CHECK(database.query_integer("SELECT added FROM v_added").value() == 7);
}

TEST_CASE("a database of a newer program is refused, for writing and for reading") {
  const test::Scratch scratch;
  const std::string path = scratch.file("a.db");
  make_database(path);
  REQUIRE(migrate(opened(path), path, second_version(kStep)).is_ok());
  const Status refused = Store::open(path).status();
  CHECK(refused.code() == StatusCode::kFailedPrecondition);
  CHECK(refused.message().find("use the newer program that wrote it") != std::string::npos);
  CHECK(ReadOnlyDatabase::open(path).status().code() == StatusCode::kFailedPrecondition);
  CHECK(opened(path).query_integer("SELECT added FROM v_added").value() == 7);
}

TEST_CASE("views of another text are made again without a backup, and a reader sees its own") {
  const test::Scratch scratch;
  const std::string path = scratch.file("a.db");
  make_database(path);
  Migrations other = embedded_migrations();
  other.views = "CREATE VIEW v_results AS SELECT count(*) AS rows FROM results;";
  REQUIRE(migrate(opened(path), path, other).is_ok());
  CHECK(opened(path).query_integer("SELECT rows FROM v_results").value() == 1);
  {
    const ReadOnlyDatabase reader = ReadOnlyDatabase::open(path).value();
    CHECK(reader.query_table("SELECT psnr FROM v_results").value().rows ==
          std::vector<Row>{{20.5}});
    CHECK(reader.query_table("SELECT done FROM v_leaderboard").value().rows ==
          std::vector<Row>{{std::int64_t{1}}});
  }
  CHECK(opened(path).query_integer("SELECT rows FROM v_results").value() == 1);
  REQUIRE(Store::open(path).is_ok());
  CHECK(opened(path).query_integer("SELECT psnr = 20.5 FROM v_results").value() == 1);
  CHECK_FALSE(std::filesystem::exists(fmt::format("{}.v{}.backup", path, known_version())));
}

TEST_CASE("a metric that is new in the registry gets a number and its columns") {
  const test::Scratch scratch;
  const std::string path = scratch.file("a.db");
  make_database(path);
  REQUIRE(
      opened(path)
          .execute("DELETE FROM metrics WHERE name = 'lpips'; UPDATE view_source SET digest = ''")
          .is_ok());
  CHECK(ReadOnlyDatabase::open(path).value().query_table("SELECT lpips FROM v_results").is_ok());
  REQUIRE(Store::open(path).is_ok());
  CHECK(opened(path).query_integer("SELECT count(*) FROM metrics WHERE name = 'lpips'").value() ==
        1);
  CHECK(opened(path).query_integer("SELECT lpips IS NULL FROM v_results").value() == 1);
}

TEST_CASE("a placeholder of the views that is wrong is refused") {
  for (const char* text : {"{each metric|x", "{every metric|x}", "{each color|x}"}) {
    CHECK(view_sql(text, {}).status().code() == StatusCode::kInvalidArgument);
  }
  std::string expected;
  for (const MetricSchema& metric : metric_schemas()) {
    if (metric.scope == MetricScope::kSet) continue;
    expected += fmt::format("{}:{}, ", metric.name == "ssim" ? 5 : 0, metric.name);
  }
  CHECK(view_sql("-- {each color|x}\n{each metric|$id:$name, }0", {{"ssim", 5}}).value() ==
        expected + "0");
  CHECK(expected.starts_with("0:psnr, 5:ssim, 0:lpips, 0:lpips_random_trunk, "));
}

}  // namespace
}  // namespace cox::store
