#include "cli/row_selection.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <compare>
#include <map>
#include <numeric>

#include "base/text.h"
#include "cli/option_checks.h"
#include "coordinator/report/data/words.h"
#include "coordinator/sweep/expression.h"

namespace cox::cli {

namespace {

using sweep::Expression;
using sweep::ExpressionError;

constexpr std::size_t kMaxShownNames = 8;

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The parts of "lr, -ssim"; kInvalidArgument for an empty one.
Result<std::vector<std::string>> listed(const char* option, const std::string& text) {
  std::vector<std::string> parts;
  if (text.empty()) return parts;
  for (const std::string& part : split(text, ',')) {
    parts.push_back(trim(part));
    if (parts.back().empty()) {
      return invalid_argument(fmt::format(
          "{}: expected names of columns, separated by commas, got '{}'", option, text));
    }
  }
  return parts;
}

struct SortKey {
  std::string column;
  bool descending = false;
};

Result<std::vector<SortKey>> sort_keys(const std::string& text) {
  COX_ASSIGN_OR_RETURN(const std::vector<std::string> parts, listed("--sort", text));
  std::vector<SortKey> keys;
  for (const std::string& part : parts) {
    const bool has_sign = part.front() == '-' || part.front() == '+';
    keys.push_back({has_sign ? part.substr(1) : part, part.front() == '-'});
  }
  return keys;
}

Status where_error(const std::string& text, const ExpressionError& error) {
  const std::string rest = text.substr(std::min(error.offset, text.size()));
  return invalid_argument(fmt::format("--where: {}, at {}", error.message,
                                      rest.empty() ? "the end" : fmt::format("'{}'", rest)));
}

Result<std::optional<Expression>> parsed(const std::string& text) {
  if (text.empty()) return std::optional<Expression>();
  auto expression = Expression::parse(text);
  if (const auto* error = std::get_if<ExpressionError>(&expression)) {
    return where_error(text, *error);
  }
  return std::optional(std::get<Expression>(std::move(expression)));
}

/// Every column of the rows with its index in `shown`, or none for a further column.
class Columns {
 public:
  explicit Columns(const SelectableRows& rows) : rows_(rows) {
    for (std::size_t c = 0; c < rows.shown.columns.size(); ++c) places_[rows.shown.columns[c]] = c;
  }

  Status check(const char* option, const std::string& name) const {
    if (places_.contains(name) || contains(rows_.names, name)) return Status::ok();
    std::vector<std::string> known = rows_.shown.columns;
    known.insert(known.end(), rows_.names.begin(), rows_.names.end());
    const std::string nearest = nearest_name(name, known);
    return invalid_argument(fmt::format(
        "{}: unknown column '{}'{}", option, name,
        nearest.empty() ? fmt::format("; known are {}", join_first(known, kMaxShownNames))
                        : fmt::format("; did you mean '{}'?", nearest)));
  }

  std::optional<Value> value(std::size_t row, const std::string& name) const {
    const auto place = places_.find(name);
    if (place != places_.end()) return value_of(rows_.shown.rows[row][place->second]);
    return rows_.value(row, name);
  }

  Cell cell(std::size_t row, const std::string& name) const {
    const auto place = places_.find(name);
    if (place != places_.end()) return rows_.shown.rows[row][place->second];
    return cell_of(rows_.value(row, name));
  }

 private:
  const SelectableRows& rows_;
  std::map<std::string, std::size_t> places_;
};

/// True when a row satisfies `where`; a missing name counts as false and is noted.
Result<bool> holds(const Expression& where, const Columns& columns, std::size_t row,
                   std::size_t& absent) {
  const auto result = where.evaluate([&](const std::string& name) -> Expression::Found {
    std::optional<Value> value = columns.value(row, name);
    if (!value) return Expression::Absent{};
    return std::move(*value);
  });
  if (const auto* error = std::get_if<ExpressionError>(&result)) {
    if (!error->absent) return where_error(where.text(), *error);
    ++absent;
    return false;
  }
  const auto* truth = std::get<Value>(result).get_if<bool>();
  if (truth != nullptr) return *truth;
  return invalid_argument(
      fmt::format("--where: expected a condition such as 'psnr > 20', got the "
                  "value {} of '{}'",
                  canonical_text(std::get<Value>(result)), where.text()));
}

std::optional<double> number_of(const Value& value) {
  if (const auto* integer = value.get_if<std::int64_t>()) return static_cast<double>(*integer);
  if (const auto* real = value.get_if<double>()) return *real;
  return std::nullopt;
}

/// Orders numbers by value, before everything else, which is ordered as strings.
std::weak_ordering order(const Value& a, const Value& b) {
  const auto left = number_of(a);
  const auto right = number_of(b);
  if (left && right) {
    return *left < *right   ? std::weak_ordering::less
           : *left > *right ? std::weak_ordering::greater
                            : std::weak_ordering::equivalent;
  }
  if (left || right) return left ? std::weak_ordering::less : std::weak_ordering::greater;
  const auto* text_a = a.get_if<std::string>();
  const auto* text_b = b.get_if<std::string>();
  if (text_a != nullptr && text_b != nullptr) return *text_a <=> *text_b;
  return canonical_text(a) <=> canonical_text(b);
}

void sort_rows(const std::vector<SortKey>& keys, const Columns& columns,
               std::vector<std::size_t>& rows) {
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
    std::map<std::size_t, std::optional<Value>> values;
    for (const std::size_t row : rows) values[row] = columns.value(row, key->column);
    std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
      const auto& left = values.at(a);
      const auto& right = values.at(b);
      if (!left || !right) return left.has_value() && !right.has_value();
      return key->descending ? order(*left, *right) > 0 : order(*left, *right) < 0;
    });
  }
}

/// The options as they were read.
struct Wishes {
  std::optional<Expression> where;
  std::vector<SortKey> sort;
  std::vector<std::string> columns;

  /// The names in --where and --sort.
  std::vector<std::string> named() const {
    std::vector<std::string> names;
    if (where) {
      for (const auto& [name, offset] : where->names()) names.push_back(name);
    }
    for (const SortKey& key : sort) names.push_back(key.column);
    return names;
  }
};

Result<Wishes> read_wishes(const std::string& where, const std::string& sort,
                           const std::string& columns) {
  Wishes wishes;
  COX_ASSIGN_OR_RETURN(wishes.where, parsed(where));
  COX_ASSIGN_OR_RETURN(wishes.sort, sort_keys(sort));
  COX_ASSIGN_OR_RETURN(wishes.columns, listed("--columns", columns));
  return wishes;
}

Status check_names(const Wishes& wishes, const Columns& columns) {
  if (wishes.where) {
    for (const auto& [name, offset] : wishes.where->names()) {
      COX_RETURN_IF_ERROR(columns.check("--where", name));
    }
  }
  for (const SortKey& key : wishes.sort) {
    COX_RETURN_IF_ERROR(columns.check("--sort", key.column));
  }
  for (const std::string& name : wishes.columns) {
    COX_RETURN_IF_ERROR(columns.check("--columns", name));
  }
  return Status::ok();
}

Result<std::vector<std::size_t>> rows_where(const std::optional<Expression>& where,
                                            const Columns& columns, std::size_t count,
                                            std::vector<std::string>& notes) {
  std::vector<std::size_t> kept(count);
  std::iota(kept.begin(), kept.end(), std::size_t{0});
  if (!where) return kept;
  std::size_t absent = 0;
  kept.clear();
  for (std::size_t row = 0; row < count; ++row) {
    COX_ASSIGN_OR_RETURN(const bool wanted, holds(*where, columns, row, absent));
    if (wanted) kept.push_back(row);
  }
  if (absent > 0) {
    notes.push_back(
        fmt::format("{} left out: a name in --where has no value there, such as a parameter that "
                    "the method does not have",
                    report::counted(static_cast<std::int64_t>(absent), "row")));
  }
  return kept;
}

/// The key columns, then those of --columns; without --columns, those that --where and --sort
/// name, then the rest.
std::vector<std::string> columns_to_show(const Wishes& wishes, const SelectableRows& rows) {
  const auto& shown = rows.shown.columns;
  std::vector<std::string> wanted = wishes.columns;
  if (wanted.empty()) {
    for (const std::string& name : wishes.named()) {
      if (!contains(shown, name)) wanted.push_back(name);
    }
    wanted.insert(wanted.end(), shown.begin(), shown.end());
  }
  std::vector<std::string> columns = rows.keys;
  for (const std::string& name : wanted) {
    if (!contains(columns, name)) columns.push_back(name);
  }
  return columns;
}

}  // namespace

std::optional<Value> value_of(const Cell& cell) {
  struct Reader {
    std::optional<Value> operator()(std::monostate) const { return std::nullopt; }
    std::optional<Value> operator()(std::int64_t value) const { return Value(value); }
    std::optional<Value> operator()(double value) const { return Value(value); }
    std::optional<Value> operator()(const std::string& value) const { return Value(value); }
  };
  return std::visit(Reader{}, cell);
}

Cell cell_of(const std::optional<Value>& value) {
  if (!value) return Cell();
  if (const auto* integer = value->get_if<std::int64_t>()) return *integer;
  if (const auto* real = value->get_if<double>()) return *real;
  if (const auto* text = value->get_if<std::string>()) return *text;
  return canonical_text(*value);
}

void RowSelection::declare(CLI::App& app) {
  app.add_option("--where", where_,
                 "Only rows that satisfy this: \"lr < 1e-2 && method == 'lora'\"")
      ->type_name("EXPRESSION");
  app.add_option("--sort", sort_, "Order by these columns; -NAME is descending")
      ->type_name("COLUMN,...");
  app.add_option("--columns", columns_, "Show these columns: parameters, metrics, any of v_results")
      ->type_name("COLUMN,...");
  app.add_option("--limit", limit_, "Show at most this many rows")
      ->check(above_zero)
      ->type_name("N");
}

RowSelection RowSelection::where(std::string expression) {
  RowSelection selection;
  selection.where_ = std::move(expression);
  return selection;
}

bool RowSelection::any() const {
  return !where_.empty() || !sort_.empty() || !columns_.empty() || limit_ > 0;
}

Result<std::vector<std::string>> RowSelection::wanted() const {
  COX_ASSIGN_OR_RETURN(const Wishes wishes, read_wishes(where_, sort_, columns_));
  std::vector<std::string> names = wishes.named();
  names.insert(names.end(), wishes.columns.begin(), wishes.columns.end());
  return names;
}

Result<Table> RowSelection::apply(const SelectableRows& rows,
                                  std::vector<std::string>& notes) const {
  const Columns columns(rows);
  COX_ASSIGN_OR_RETURN(const Wishes wishes, read_wishes(where_, sort_, columns_));
  COX_RETURN_IF_ERROR(check_names(wishes, columns));
  COX_ASSIGN_OR_RETURN(std::vector<std::size_t> kept,
                       rows_where(wishes.where, columns, rows.shown.rows.size(), notes));
  sort_rows(wishes.sort, columns, kept);
  if (limit_ > 0 && kept.size() > limit_) {
    notes.push_back(fmt::format("the first {} of {} rows", limit_, kept.size()));
    kept.resize(limit_);
  }
  Table table{columns_to_show(wishes, rows), {}};
  for (const std::size_t row : kept) {
    Row& cells = table.rows.emplace_back();
    for (const std::string& name : table.columns) cells.push_back(columns.cell(row, name));
  }
  return table;
}

}  // namespace cox::cli
