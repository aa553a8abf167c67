#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/sources/sweep_calls.h"
#include "coordinator/report/print/number.h"
#include "coordinator/store/care.h"

namespace cox::cli {

namespace {

class Db final : public Command {
 public:
  CommandText text() const override {
    return {.name = "db",
            .summary = "Examine, copy and restore database files",
            .examples =
                "cox db info out/cox.db\n"
                "cox db check out/cox.db             clean, in use, unclean or damaged\n"
                "cox db backup out/cox.db monday.db  also while a coordinator writes\n"
                "cox db restore monday.db out/cox.db"};
  }

  void declare(CLI::App& app) override {
    app.require_subcommand(1);
    info_ = &verb(app, "info", "Show the contents of a database", "cox db info out/cox.db");
    check_ = &verb(app, "check",
                   "Check every page and reference, and distinguish an unclean file from a "
                   "damaged one (exit code 1)",
                   "cox db check out/cox.db");
    backup_ = &verb(app, "backup", "Copy a database, also while a coordinator writes",
                    "cox db backup out/cox.db monday.db");
    restore_ = &verb(app, "restore",
                     "Replace a database with a backup; the old database is "
                     "moved aside",
                     "cox db restore monday.db out/cox.db");
    for (CLI::App* one : {info_, check_, backup_}) file(*one, "FILE", "Database file", path_);
    file(*backup_, "COPY", "The file to create", copy_);
    file(*restore_, "COPY", "The backup", copy_);
    file(*restore_, "FILE", "Database file to replace", path_);
    output_.declare(*info_);
  }

  Result<ExitCode> run(Session& session) override {
    COX_RETURN_IF_ERROR(check_database_name(path_));
    if (restore_->parsed()) return restore(session);
    COX_RETURN_IF_ERROR(check_database_exists(path_));
    if (info_->parsed()) return info(session);
    return check_->parsed() ? check(session) : backup(session);
  }

 private:
  static CLI::App& verb(CLI::App& app, const std::string& name, const std::string& summary,
                        const std::string& example) {
    return *app.add_subcommand(name, fmt::format("Examples:\n  {}\n\n{}.", example, summary));
  }
  static void file(CLI::App& app, const std::string& name, const std::string& what,
                   std::string& value) {
    app.add_option(name, value, what)->required()->check(not_empty)->type_name("");
  }

  Result<ExitCode> info(Session& session) const {
    COX_ASSIGN_OR_RETURN(const store::Facts facts, store::facts_of(path_));
    Table table{{"fact", "value"}, {}};
    const auto add = [&](const char* fact, Cell value) { table.rows.push_back({fact, value}); };
    add("file", path_);
    add("bytes", static_cast<std::int64_t>(facts.bytes));
    add("log_bytes", static_cast<std::int64_t>(facts.log_bytes));
    add("version", facts.version);
    add("network_file_system", facts.file_system.empty() ? "none" : facts.file_system);
    add("series", facts.series);
    add("runs", facts.runs);
    add("jobs", facts.jobs);
    add("results", facts.results);
    add("workers", facts.workers);
    write_rows(session.out, table, output_.layout(session.out_terminal, {"cox-db-info", 1}));
    return kExitOk;
  }

  Result<ExitCode> check(Session& session) const {
    using Kind = store::Condition::Kind;
    COX_ASSIGN_OR_RETURN(const store::Condition found, store::examine(path_));
    switch (found.kind) {
      case Kind::kClean:
        session.out << fmt::format("clean: '{}' was closed in good order, and all of it fits\n",
                                   path_);
        return kExitOk;
      case Kind::kInUse:
        session.out << fmt::format("in use: {}; all of it fits\n", found.holder);
        return kExitOk;
      case Kind::kUnclean:
        session.out << fmt::format(
            "unclean: the program that used '{}' was killed; nothing is lost, all of it fits, and "
            "the next start takes in the {} of its log\n",
            path_, report::readable_bytes(static_cast<std::int64_t>(found.log_bytes)));
        return kExitOk;
      case Kind::kDamaged:
        break;
    }
    session.out << fmt::format(
        "damaged: '{}': {}; stop what uses it and restore a backup with 'cox db restore', or see "
        "'Damage' in docs/operations.md\n",
        path_, found.damage);
    return kExitFailed;
  }

  Result<ExitCode> backup(Session& session) const {
    COX_RETURN_IF_ERROR(of_surroundings(store::back_up_to(path_, copy_)));
    session.say(fmt::format("copied '{}' to '{}' and checked the copy", path_, copy_));
    return kExitOk;
  }

  Result<ExitCode> restore(Session& session) const {
    const Result<std::string> aside = store::restore_from(copy_, path_);
    if (!aside.is_ok()) return of_surroundings(aside.status());
    session.say(fmt::format("'{}' is now the content of '{}'", path_, copy_));
    if (!aside->empty()) session.say(fmt::format("what was there is '{}'", *aside));
    return kExitOk;
  }

  CLI::App *info_ = nullptr, *check_ = nullptr, *backup_ = nullptr, *restore_ = nullptr;
  std::string path_, copy_;
  OutputOptions output_;
};

}  // namespace

CommandPtr make_db() { return std::make_unique<Db>(); }

}  // namespace cox::cli
