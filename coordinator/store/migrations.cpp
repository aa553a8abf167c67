#include "coordinator/store/migrations.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <filesystem>

#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "coordinator/store/metric_ids.h"
#include "coordinator/store/view_text.h"
#include "schemas/embedded_schemas.h"
#include "schemas/metric_schema.h"

namespace cox::store {

namespace {

std::int64_t newest_of(const Migrations& migrations) {
  return migrations.steps.empty() ? 0 : migrations.steps.rbegin()->first;
}

Status back_up(const Database& database, const std::string& path, std::int64_t version) {
  const std::string backup = fmt::format("{}.v{}.backup", path, version);
  const std::string aside = unique_sibling(backup);
  COX_ASSIGN_OR_RETURN(Statement copy, Statement::prepare(database.handle(), "VACUUM INTO ?"));
  COX_RETURN_IF_ERROR(copy.run(aside).with_context("cannot back up before migrating"));
  std::error_code error;
  std::filesystem::rename(aside, backup, error);
  if (!error) return Status::ok();
  return unavailable(fmt::format("cannot write backup '{}': {}", backup, error.message()));
}

/// Tables cannot be altered under views that name what no longer exists.
Status drop_views(const Database& database) {
  COX_ASSIGN_OR_RETURN(
      Statement names,
      Statement::prepare(database.handle(), "SELECT name FROM sqlite_schema WHERE type = 'view'"));
  std::string sql;
  names.start();
  while (true) {
    COX_ASSIGN_OR_RETURN(const bool is_row, names.step());
    if (!is_row) break;
    sql += fmt::format("DROP VIEW \"{}\";", names.text(0));
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
              fmt::format("schemas/sql/{} is not named NNNN_what.sql", name));
    COX_CHECK(migrations.steps.emplace(version, text).second,
              fmt::format("two migrations make version {}", version));
  }
  return migrations;
}

std::int64_t known_version() { return newest_of(embedded_migrations()); }

Result<std::int64_t> version_of(const Database& database, const std::string& path,
                                std::int64_t newest) {
  const auto application = database.query_integer("PRAGMA application_id");
  if (!application.is_ok()) return application.status().with_context(fmt::format("'{}'", path));
  COX_ASSIGN_OR_RETURN(const std::int64_t version, database.query_integer("PRAGMA user_version"));
  COX_ASSIGN_OR_RETURN(const std::int64_t tables,
                       database.query_integer("SELECT count(*) FROM sqlite_schema"));
  const bool empty = *application == 0 && version == 0 && tables == 0;
  if (!empty && *application != kApplicationId) {
    return failed_precondition(
        fmt::format("'{}' is a database of another program; use another path", path));
  }
  if (version > newest) {
    return failed_precondition(
        fmt::format("'{}' has database version {}, this program knows versions up to {}: use the "
                    "newer program that wrote it",
                    path, version, newest));
  }
  return version;
}

namespace {

/// The SQL of the views for this database, and the digest that view_source keeps of it.
struct Views {
  std::string sql;
  std::string digest;
};

Result<Views> views_for(const Database& database, const Migrations& migrations) {
  COX_ASSIGN_OR_RETURN(const MetricIds ids, load_metric_ids(database));
  COX_ASSIGN_OR_RETURN(std::string sql, view_sql(migrations.views, ids));
  std::string digest = sha256_of(sql);
  return Views{std::move(sql), std::move(digest)};
}

Result<bool> has_views(const Database& database, const Views& views) {
  COX_ASSIGN_OR_RETURN(const std::string made_from,
                       database.query_text("SELECT digest FROM view_source"));
  return made_from == views.digest;
}

/// Whether steps, metrics and views are those of this program.
Result<bool> is_up_to_date(const Database& database, const Migrations& migrations,
                           std::int64_t version) {
  if (version < newest_of(migrations)) return false;
  COX_ASSIGN_OR_RETURN(const MetricIds ids, load_metric_ids(database));
  for (const MetricSchema& metric : metric_schemas()) {
    if (ids.count(metric.name) == 0) return false;
  }
  COX_ASSIGN_OR_RETURN(const Views views, views_for(database, migrations));
  return has_views(database, views);
}

Status make_views(const Database& database, const Migrations& migrations) {
  COX_ASSIGN_OR_RETURN(const Views views, views_for(database, migrations));
  COX_RETURN_IF_ERROR(database.execute(views.sql).with_context("views"));
  COX_ASSIGN_OR_RETURN(Statement note,
                       Statement::prepare(database.handle(), "UPDATE view_source SET digest = ?"));
  return note.run(views.digest);
}

Status take_steps(const Database& database, const Migrations& migrations, std::int64_t version) {
  for (const auto& [step, sql] : migrations.steps) {
    if (step <= version) continue;
    COX_RETURN_IF_ERROR(database.execute(sql).with_context(fmt::format("migration {}", step)));
  }
  COX_RETURN_IF_ERROR(database.execute(fmt::format("PRAGMA application_id = {}", kApplicationId)));
  return database.execute(fmt::format("PRAGMA user_version = {}", newest_of(migrations)));
}

}  // namespace

Status migrate(const Database& database, const std::string& path, const Migrations& migrations) {
  const std::int64_t newest = newest_of(migrations);
  COX_ASSIGN_OR_RETURN(const std::int64_t version, version_of(database, path, newest));
  COX_ASSIGN_OR_RETURN(const bool up_to_date, is_up_to_date(database, migrations, version));
  if (up_to_date) return Status::ok();
  if (version > 0 && version < newest) COX_RETURN_IF_ERROR(back_up(database, path, version));
  COX_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(database));
  COX_RETURN_IF_ERROR(drop_views(database));
  COX_RETURN_IF_ERROR(take_steps(database, migrations, version));
  COX_RETURN_IF_ERROR(add_registered_metrics(database));
  COX_RETURN_IF_ERROR(make_views(database, migrations));
  return transaction.commit();
}

Status hide_other_views(const Database& database, const Migrations& migrations) {
  COX_ASSIGN_OR_RETURN(const Views views, views_for(database, migrations));
  COX_ASSIGN_OR_RETURN(const bool same, has_views(database, views));
  if (same) return Status::ok();
  constexpr std::string_view kMake = "CREATE VIEW";
  std::string sql = views.sql;
  for (std::size_t at = sql.find(kMake); at != std::string::npos; at = sql.find(kMake, at + 1)) {
    sql.replace(at, kMake.size(), "CREATE TEMP VIEW");
  }
  return database.execute("PRAGMA temp_store = MEMORY; BEGIN;" + sql + "COMMIT;");
}

}  // namespace cox::store
