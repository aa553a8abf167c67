#include <catch2/catch.hpp>
#include <filesystem>

#include "base/text.h"
#include "coordinator/store/migrations.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/store.h"
#include "tests/unit/store/scratch.h"

namespace cox::store {
namespace {

/// A database as version 1 of the program left it: one result, its worker still here.
void make_version_1(const std::string& path) {
  const Database database =
      Database::open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE).value();
  REQUIRE(database.execute("PRAGMA foreign_keys = ON").is_ok());
  const std::string old_views = "CREATE VIEW v_results AS SELECT count(*) AS done FROM results";
  REQUIRE(migrate(database, path, {{{1, embedded_migrations().steps.at(1)}}, old_views}).is_ok());
  const std::string digest(64, 'a');
  const Status filled = database.execute(
      "INSERT INTO series VALUES (1, 's', 0, '', '{}');"
      "INSERT INTO videos VALUES (1, 'v1', '/v1', 'd', 'a prompt');"
      "INSERT INTO datasets VALUES (1, 'd', 'd');"
      "INSERT INTO dataset_videos VALUES (1, 0, 1);"
      "INSERT INTO submissions VALUES (1, 1, 1, 5, 0, 2, 1, 10, 1, 2, 0, 0, 'version: 1');"
      "INSERT INTO runs VALUES (1, 'r', 'none', 'toy', 'm', '{}', x'00', 1, 'a', 5);"
      "INSERT INTO series_runs VALUES (1, 'a', 1, 1, '{}', 0, 0);"
      "INSERT INTO jobs VALUES (1, x'" +
      digest +
      "', 1, 1, 1, 3, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0);"
      "INSERT INTO workers VALUES (1, 'w', 'host', 7, 'cuda', 'a GPU', 'b', 5, NULL);"
      "INSERT INTO attempts VALUES (1, 1, 1, 1, 0, 5, 6, 1, 5, 6, 0, NULL, NULL, NULL);"
      "INSERT INTO environments VALUES (3, 'host', 'cuda', 'a GPU', '1', 'bf16', 'b', 't', 'm');"
      "INSERT INTO results VALUES (1, 1, 1, 3, 6, 20.5, 0.5, NULL, NULL, NULL, NULL, 14, 0, 0, 0,"
      " 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 'v', 0, 'g', 'r');"
      "INSERT INTO result_details VALUES (1, '{}', '[]', '[]');"
      "INSERT INTO events VALUES (1, 6, 'done', 1, 1, 1, 1, 1, 1, NULL);");
  INFO(filled.to_string());
  REQUIRE(filled.is_ok());
}

TEST_CASE("a database of version 1 keeps its results and learns about resources and kernels") {
  const test::Scratch scratch;
  const std::string path = scratch.file("a.db");
  make_version_1(path);
  {
    const Store store = Store::open(path).value();
    CHECK(store.integrity_check().is_ok());
    const core::Snapshot snapshot = store.load().value();
    REQUIRE(snapshot.workers.size() == 1);
    CHECK(snapshot.workers[0].has == Resources{1, 0, 0});
    CHECK(snapshot.submissions[0].needs == Resources{});
  }
  const Database database = Database::open(path, SQLITE_OPEN_READWRITE).value();
  CHECK(database.query_integer("PRAGMA user_version").value() == known_version());
  CHECK(database
            .query_integer("SELECT psnr = 20.5 AND device_name = 'a GPU' AND threads = 0 "
                           "AND kernels = '' AND reference_digest = '' FROM v_results")
            .value() == 1);
  CHECK(database.query_integer("SELECT count(*) FROM v_timings WHERE threads = 0 AND kernels = ''")
            .value() == 1);
  CHECK(database
            .query_integer("SELECT psnr = 20.5 AND done = 1 AND videos = 1 AND environments = 1 "
                           "AND lpips IS NULL FROM v_leaderboard")
            .value() == 1);
  CHECK(database.query_integer("SELECT needs_gpus FROM v_jobs").value() == 0);
  CHECK(database.query_integer("SELECT gpus FROM v_workers").value() == 1);
  const Database backup = Database::open(path + ".v1.backup", SQLITE_OPEN_READWRITE).value();
  CHECK(backup.query_integer("SELECT done FROM v_results").value() == 1);
}

TEST_CASE("a database of version 3 keeps the threads of its results, whose kernels are not told") {
  const test::Scratch scratch;
  const std::string path = scratch.file("a.db");
  make_version_1(path);
  {
    const Database database = Database::open(path, SQLITE_OPEN_READWRITE).value();
    Migrations earlier = embedded_migrations();
    earlier.steps.erase(earlier.steps.upper_bound(3), earlier.steps.end());
    REQUIRE(migrate(database, path, earlier).is_ok());
    REQUIRE(database.execute("UPDATE environments SET threads = 6").is_ok());
  }
  CHECK(Store::open(path).value().integrity_check().is_ok());
  const Database database = Database::open(path, SQLITE_OPEN_READWRITE).value();
  for (const char* view : {"v_results", "v_timings"}) {
    CHECK(database
              .query_integer(concat("SELECT count(*) FROM ", view,
                                    " WHERE threads = 6 AND kernels = '' AND device = 'cuda'"))
              .value() == 1);
  }
}

TEST_CASE("a database of version 7 keeps its results, which do not tell their pixels") {
  const test::Scratch scratch;
  const std::string path = scratch.file("a.db");
  make_version_1(path);
  {
    const Database database = Database::open(path, SQLITE_OPEN_READWRITE).value();
    Migrations earlier = embedded_migrations();
    earlier.steps.erase(earlier.steps.upper_bound(7), earlier.steps.end());
    REQUIRE(migrate(database, path, earlier).is_ok());
    CHECK_FALSE(database.query_text("SELECT reference_digest FROM results").is_ok());
  }
  CHECK(Store::open(path).value().integrity_check().is_ok());
  const Database database = Database::open(path, SQLITE_OPEN_READWRITE).value();
  CHECK(database
            .query_integer("SELECT psnr = 20.5 AND reference_path = 'r' AND reference_digest = '' "
                           "FROM v_results")
            .value() == 1);
}

TEST_CASE("digests that older databases hold in a run's definition alone come out of it") {
  const test::Scratch scratch;
  const std::string path = scratch.file("a.db");
  make_version_1(path);
  const std::string weights(64, '7');
  const std::string lora(64, 'e');
  {
    const Database database = Database::open(path, SQLITE_OPEN_READWRITE).value();
    REQUIRE(database
                .execute(concat("UPDATE runs SET parameters = '{\"metrics\":[\"lpips\"]}', "
                                "definition = CAST(x'0a03' || x'4240' || '",
                                weights, "' || x'5240' || '", lora, "' AS BLOB);",
                                "INSERT INTO runs SELECT 2, 'r2', method, backbone, model_digest, "
                                "'{\"metrics\":[\"psnr\"]}', definition, 1, 'b', 5 FROM runs;",
                                "INSERT INTO runs SELECT 3, 'r3', method, backbone, model_digest, "
                                "parameters, CAST('a text with B@ and R@' AS BLOB), 1, 'c', 5 FROM "
                                "runs WHERE id = 1;"))
                .is_ok());
  }
  CHECK(Store::open(path).value().integrity_check().is_ok());
  const Database database = Database::open(path, SQLITE_OPEN_READWRITE).value();
  const auto text = [&](const char* column, int run) {
    return database.query_text(concat("SELECT ", column, " FROM runs WHERE id = ", run)).value();
  };
  CHECK(text("lpips_weights_digest", 1) == weights);
  CHECK(text("lora_digest", 1) == lora);
  CHECK(text("lpips_weights_digest", 2).empty());  // it does not measure LPIPS
  CHECK(text("lora_digest", 2) == lora);
  CHECK(text("lpips_weights_digest", 3).empty());
  CHECK(text("lora_digest", 3).empty());
}

}  // namespace
}  // namespace cox::store
