#include "coordinator/store/read_only.h"
#include "coordinator/store/store.h"
#include "tests/fuzz/readers/scratch.h"

namespace cox::fuzz {

namespace {

constexpr store::QueryLimits kLimits{.max_rows = 1'000, .max_seconds = 0.05};

}  // namespace

/// --sql: whatever is asked, nothing changes in the database.
Reader sql_reader() {
  const auto scratch = std::make_shared<Scratch>();
  const std::string path = scratch->path() + "/cox.db";
  require(store::Store::open(path).is_ok(), "cannot create a database");
  const auto database =
      std::make_shared<store::ReadOnlyDatabase>(store::ReadOnlyDatabase::open(path).value());
  return {"sql",
          {"SELECT ",
           "* ",
           "FROM v_results ",
           "FROM v_jobs ",
           "WHERE ",
           "GROUP BY 1 ",
           "ORDER BY 1 ",
           "LIMIT 1 ",
           "count(*) ",
           "psnr ",
           "WITH RECURSIVE a(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM a) ",
           "UNION ALL ",
           "INSERT INTO runs VALUES (1)",
           "DELETE FROM jobs",
           "UPDATE jobs SET state = 3",
           "PRAGMA user_version = 1",
           "ATTACH 'x' AS y",
           "VACUUM INTO 'x'",
           "; ",
           "--",
           "/*",
           "*/",
           "?",
           "load_extension('x')",
           "writefile('x', 'y')",
           "zeroblob(1000000000)",
           "randomblob(9)",
           "(",
           ")",
           "'",
           "json_extract('{', '$')",
           "printf('%*d', 1000000000, 1)",
           "CAST(x AS INTEGER)"},
          [scratch, database](const std::string& input) {
            require_told(database->query_table(input, {}, kLimits).status());
            const auto rows = database->query_table("SELECT count(*) FROM jobs");
            require(rows.is_ok() && std::get<std::int64_t>(rows->rows.at(0).at(0)) == 0,
                    "the database was changed");
          }};
}

}  // namespace cox::fuzz
