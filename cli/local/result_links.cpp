#include "cli/local/result_links.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <system_error>

#include "base/file.h"
#include "base/text.h"
#include "coordinator/report/data/names.h"
#include "coordinator/report/data/row_reader.h"
#include "coordinator/report/data/words.h"

namespace cox::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* kEnding = ".mkv";

/// Whether a name of the database is a relative path that stays below its folder.
bool is_safe(const fs::path& name) {
  if (name.empty() || name.is_absolute()) return false;
  for (const fs::path& part : name) {
    if (part == ".." || part == "." || part.native().size() > kMaxNameBytes) return false;
  }
  return !first_control_character(name.native());
}

Status failed(const char* what, const fs::path& path, const std::error_code& error) {
  return unavailable(fmt::format("cannot {} '{}': {}", what, path.string(), error.message()));
}

/// What the link holds: relative when link and target are below `folder`.
fs::path link_text(const fs::path& link, const fs::path& target, const fs::path& folder) {
  const fs::path relative = target.lexically_relative(folder);
  const bool inside = !relative.empty() && *relative.begin() != "..";
  return inside ? target.lexically_relative(link.parent_path()) : target;
}

/// Makes the link, replacing only another link.
Status make_link(const fs::path& link, const fs::path& text) {
  std::error_code error;
  const fs::file_type type = fs::symlink_status(link, error).type();
  if (type == fs::file_type::symlink && fs::read_symlink(link, error) == text) return Status::ok();
  if (type != fs::file_type::not_found && type != fs::file_type::symlink) {
    return failed_precondition(
        fmt::format("'{}' is in the way of a link: move it elsewhere", link.string()));
  }
  fs::create_directories(link.parent_path(), error);
  if (error) return failed("create", link.parent_path(), error);
  const fs::path aside = unique_sibling(link.string());
  fs::create_symlink(text, aside, error);
  if (error) return failed("create", aside, error);
  fs::rename(aside, link, error);
  if (!error) return Status::ok();
  const Status status = failed("create", link, error);
  fs::remove(aside, error);
  return status;
}

/// Removes links below `folder` that are not wanted, and folders that become empty.
Result<std::size_t> remove_others(const fs::path& folder,
                                  const std::map<fs::path, fs::path>& wanted) {
  std::error_code error;
  std::size_t removed = 0;
  if (!fs::is_directory(fs::symlink_status(folder, error))) return removed;
  std::vector<fs::path> links;
  std::vector<fs::path> folders;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->is_symlink()) {
      const bool is_ours = entry->path().extension() == kEnding;
      if (is_ours && !wanted.contains(entry->path())) links.push_back(entry->path());
    } else if (entry->is_directory()) {
      folders.push_back(entry->path());
    }
  }
  if (error) return failed("list", folder, error);
  for (const fs::path& link : links) removed += fs::remove(link, error) ? 1U : 0U;
  for (auto path = folders.rbegin(); path != folders.rend(); ++path) {
    fs::remove(*path, error);  // only when it is empty
  }
  return removed;
}

}  // namespace

Result<LinkReport> link_results(const report::Query& query, const std::string& series,
                                const std::string& folder) {
  COX_RETURN_IF_ERROR(report::check_series(query, series));
  COX_ASSIGN_OR_RETURN(
      const report::Table table,
      query(fmt::format("SELECT run, video, generated_path FROM v_results WHERE series = {} AND "
                        "generated_path <> ''",
                        report::sql_text(series))));
  std::error_code error;
  const fs::path root = fs::weakly_canonical(fs::absolute(folder, error), error);
  if (error) return failed("find", folder, error);
  LinkReport report;
  std::map<fs::path, fs::path> wanted;
  std::size_t unsafe = 0;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const report::RowReader row(table, i);
    const fs::path name = fs::path(series) / row.text("run") / (row.text("video") + kEnding);
    if (!is_safe(name)) {
      ++unsafe;
      continue;
    }
    const fs::path target =
        fs::weakly_canonical(fs::absolute(row.text("generated_path"), error), error);
    if (!fs::exists(target, error)) continue;
    wanted[root / name] = link_text(root / name, target, root);
  }
  COX_ASSIGN_OR_RETURN(report.removed, remove_others(root / series, wanted));
  for (const auto& [link, text] : wanted) COX_RETURN_IF_ERROR(make_link(link, text));
  report.links = wanted.size();
  if (unsafe > 0) {
    report.notes.push_back(fmt::format("{} without a link: its name is not a path below '{}'",
                                       report::counted(static_cast<std::int64_t>(unsafe), "video"),
                                       folder));
  }
  return report;
}

}  // namespace cox::cli
