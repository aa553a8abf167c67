#include "coordinator/store/migrations.h"

#include <charconv>
#include <cstdio>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "schemas/embedded_schemas.h"

namespace cox::store {

namespace {

std::int64_t newest_of(const Migrations& migrations) {
  return migrations.steps.empty() ? 0 : migrations.steps.rbegin()->first;
}

Status back_up(const Database& database, const std::string& path, std::int64_t version) {
  const std::string backup = concat(path, ".v", version, ".backup");
  const std::string aside = unique_sibling(backup);
  COX_ASSIGN_OR_RETURN(Statement copy, Statement::prepare(database.handle(), "VACUUM INTO ?"));
  COX_RETURN_IF_ERROR(copy.run(aside).with_context("cannot back up before migrating"));
  std::error_code error;
  std::filesystem::rename(aside, backup, error);
  if (!error) return Status::ok();
  return unavailable(concat("cannot write backup '", backup, "': ", error.message()));
}

/// Tables cannot be altered under views that name what is no more.
Status drop_views(const Database& database) {
  COX_ASSIGN_OR_RETURN(
      Statement names,
      Statement::prepare(database.handle(), "SELECT name FROM sqlite_schema WHERE type = 'view'"));
  std::string sql;
  names.start();
  while (true) {
    COX_ASSIGN_OR_RETURN(const bool is_row, names.step());
    if (!is_row) break;
    sql += concat("DROP VIEW \"", names.text(0), "\";");
  }
  names.reset();
  return database.execute(sql);
}

}  // namespace

Migrations embedded_migrations() {
  constexpr std::string_view kFolder = "sql/";
  Migrations migrations;
  migrations.views = embedded_schemas().at("views.sql");
  for (const auto& [path, text] : embedded_schemas()) {
    if (!starts_with(path, kFolder)) continue;
    const std::string_view name = path.substr(kFolder.size());
    std::int64_t version = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), version);
    COX_CHECK(error == std::errc{} && *end == '_' && version > 0,
              concat("schemas/sql/", name, " is not named NNNN_what.sql"));
    COX_CHECK(migrations.steps.emplace(version, text).second,
              concat("two migrations make version ", version));
  }
  return migrations;
}

std::int64_t known_version() { return newest_of(embedded_migrations()); }

Result<std::int64_t> version_of(const Database& database, const std::string& path,
                                std::int64_t newest) {
  const auto application = database.query_integer("PRAGMA application_id");
  if (!application.is_ok()) return application.status().with_context(concat("'", path, "'"));
  COX_ASSIGN_OR_RETURN(const std::int64_t version, database.query_integer("PRAGMA user_version"));
  COX_ASSIGN_OR_RETURN(const std::int64_t tables,
                       database.query_integer("SELECT count(*) FROM sqlite_schema"));
  const bool empty = *application == 0 && version == 0 && tables == 0;
  if (!empty && *application != kApplicationId) {
    return failed_precondition(
        concat("'", path, "' is a database of another program; give another path"));
  }
  if (version > newest) {
    return failed_precondition(concat("'", path, "' has database version ", version,
                                      ", this program knows versions up to ", newest,
                                      ": use the newer program that wrote it"));
  }
  return version;
}

Status migrate(const Database& database, const std::string& path, const Migrations& migrations) {
  const std::int64_t newest = newest_of(migrations);
  COX_ASSIGN_OR_RETURN(const std::int64_t version, version_of(database, path, newest));
  if (version == newest) return Status::ok();
  if (version > 0) COX_RETURN_IF_ERROR(back_up(database, path, version));
  COX_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(database));
  COX_RETURN_IF_ERROR(drop_views(database));
  for (const auto& [step, sql] : migrations.steps) {
    if (step <= version) continue;
    COX_RETURN_IF_ERROR(database.execute(sql).with_context(concat("migration ", step)));
  }
  COX_RETURN_IF_ERROR(database.execute(migrations.views).with_context("views"));
  COX_RETURN_IF_ERROR(database.execute(concat("PRAGMA application_id = ", kApplicationId)));
  COX_RETURN_IF_ERROR(database.execute(concat("PRAGMA user_version = ", newest)));
  return transaction.commit();
}

}  // namespace cox::store
