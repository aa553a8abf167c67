#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/sources/result_source.h"
#include "coordinator/store/read_only.h"

namespace cox::cli {

namespace {

class DatabaseSource final : public ResultSource {
 public:
  DatabaseSource(std::string path, store::ReadOnlyDatabase database)
      : path_(std::move(path)), database_(std::move(database)) {}

  Result<Rows> query(const std::string& sql) override {
    COX_ASSIGN_OR_RETURN(store::ReadOnlyDatabase::Table table, database_.query_table(sql));
    return Rows{std::move(table.columns), std::move(table.rows)};
  }

  std::string description() const override { return concat("database '", path_, "'"); }

 private:
  std::string path_;
  store::ReadOnlyDatabase database_;
};

}  // namespace

Result<std::unique_ptr<ResultSource>> open_database_source(const std::string& path) {
  auto database = store::ReadOnlyDatabase::open(path);
  if (!database.is_ok()) return of_surroundings(database.status());
  return std::unique_ptr<ResultSource>(
      std::make_unique<DatabaseSource>(path, std::move(database).value()));
}

}  // namespace cox::cli
