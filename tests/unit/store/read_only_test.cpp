#include "coordinator/store/read_only.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "coordinator/store/store.h"
#include "tests/support/queue_fixture.h"
#include "tests/unit/store/scratch.h"

namespace cox::store {
namespace {

struct Opened {
  test::Scratch scratch;
  Store store = Store::open(scratch.file("a.db")).value();
  ReadOnlyDatabase database = ReadOnlyDatabase::open(scratch.file("a.db")).value();

  StatusCode code_of(const std::string& sql, const Row& parameters = {},
                     const QueryLimits& limits = {}) const {
    return database.query_table(sql, parameters, limits).status().code();
  }
};

TEST_CASE("a query yields typed cells") {
  const Opened opened;
  const auto table = opened.database.query_table("SELECT 1 AS a, 2.5 AS b, 'x' AS c, NULL AS d");
  REQUIRE(table.is_ok());
  CHECK(table->columns == std::vector<std::string>{"a", "b", "c", "d"});
  CHECK(table->rows == std::vector<Row>{{std::int64_t{1}, 2.5, "x", std::monostate{}}});
}

TEST_CASE("a column or view that a query misnames is told with the nearest one") {
  const Opened opened;
  const auto said = [&](const std::string& sql) {
    const Status status = opened.database.query_table(sql).status();
    CHECK(status.code() == StatusCode::kInvalidArgument);
    return status.message();
  };
  CHECK(said("SELECT psrn FROM v_results") ==
        "the query is not valid: no such column: psrn; did you mean 'psnr'?");
  CHECK(said("SELECT r.methd FROM v_runs r") ==
        "the query is not valid: no such column: r.methd; did you mean 'method'?");
  CHECK(said("SELECT 1 FROM v_result") ==
        "the query is not valid: no such table: v_result; did you mean 'v_results'?");
  CHECK(said("SELECT xylophone FROM v_runs") ==
        "the query is not valid: no such column: xylophone");
}

TEST_CASE("parameters are bound, not pasted") {
  const Opened opened;
  const auto table = opened.database.query_table(
      "SELECT ?, ?, ?", {std::string("'; DROP TABLE runs"), std::int64_t{3}, std::monostate{}});
  CHECK(table->rows[0] == Row{"'; DROP TABLE runs", std::int64_t{3}, std::monostate{}});
  CHECK(opened.code_of("SELECT ?") == StatusCode::kInvalidArgument);
}

TEST_CASE("everything but one SELECT is refused") {
  const Opened opened;
  for (const char* sql :
       {"DELETE FROM runs", "UPDATE runs SET method = 'x'", "DROP VIEW v_runs",
        "PRAGMA user_version", "PRAGMA journal_mode = DELETE", "ATTACH 'x.db' AS x", "BEGIN",
        "VACUUM", "", "SELECT 1; SELECT 2", "SELECT 1; DELETE FROM runs",
        "SELECT load_extension('x')", "WITH a AS (SELECT 1) DELETE FROM runs",
        "CREATE TEMP TABLE t (x)", "SELECT", "EXPLAIN DELETE FROM runs", "SELECT * FROM nowhere"}) {
    INFO(sql);
    CHECK(opened.code_of(sql) == StatusCode::kInvalidArgument);
  }
  CHECK(opened.code_of("SELECT 1;  -- done\n") == StatusCode::kOk);
  CHECK(opened.code_of("WITH a AS (SELECT 1) SELECT * FROM a") == StatusCode::kOk);
}

TEST_CASE("a query is bounded in rows and in time") {
  const Opened opened;
  const std::string endless =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT ";
  CHECK(opened.code_of(endless + "i FROM n", {}, {.max_rows = 100}) == StatusCode::kOutOfRange);
  CHECK(opened.code_of(endless + "i FROM n LIMIT 100", {}, {.max_rows = 100}) == StatusCode::kOk);
  CHECK(opened.code_of(endless + "count(*) FROM n", {}, {.max_seconds = 0.05}) ==
        StatusCode::kDeadlineExceeded);
}

TEST_CASE("a reader sees commits, and the writer does not wait for it") {
  Opened opened;
  core::Core core;
  ReadOnlyDatabase::Visitor visitor;
  visitor.on_columns = [](const std::vector<std::string>&) { return Status::ok(); };
  int rows = 0;
  visitor.on_row = [&](Row) {
    ++rows;
    // In the middle of a read.
    return opened.store.commit(
        core.apply(test::submission(concat("s", rows), {concat("run", rows)}, {"v1"}), rows));
  };
  REQUIRE(opened.database.query("SELECT * FROM state_names", {}, {}, visitor).is_ok());
  CHECK(rows == 9);
  const auto table = opened.database.query_table("SELECT count(*) FROM v_runs");
  CHECK(table->rows[0] == Row{std::int64_t{9}});
}

/// Gives up the rights of root, who may write everywhere, while it lives.
class OrdinaryUser {
 public:
  OrdinaryUser() { set(kNobody); }
  ~OrdinaryUser() { set(0); }
  OrdinaryUser(const OrdinaryUser&) = delete;
  OrdinaryUser& operator=(const OrdinaryUser&) = delete;

 private:
  static constexpr uid_t kNobody = 65534;
  static void set(uid_t user) {
    if (::getuid() == 0) CHECK(::seteuid(user) == 0);
  }
};

TEST_CASE("a database in a folder that nobody may write to can be read") {
  const test::Scratch scratch;
  const std::string folder = scratch.file("100% of it?");
  const std::string path = folder + "/a.db";
  {
    Store store = Store::open(path).value();
    core::Core core;
    REQUIRE(store.commit(core.apply(test::submission("s", {"a"}, {"v1"}), 1)).is_ok());
  }
  std::filesystem::permissions(path, std::filesystem::perms(0444));
  std::filesystem::permissions(folder, std::filesystem::perms(0555));
  {
    const OrdinaryUser user;
    const auto archived = ReadOnlyDatabase::open(path);
    INFO(archived.status());
    REQUIRE(archived.is_ok());
    CHECK(archived->query_table("SELECT series, videos FROM v_runs")->rows ==
          std::vector<Row>{{"s", std::int64_t{1}}});
  }
  std::filesystem::permissions(folder, std::filesystem::perms(0755));
}

TEST_CASE("a file that is not there is named") {
  const Status status = ReadOnlyDatabase::open("/nowhere/a.db").status();
  CHECK(status.code() == StatusCode::kNotFound);
  CHECK(status.message().find("/nowhere/a.db") != std::string::npos);
}

}  // namespace
}  // namespace cox::store
