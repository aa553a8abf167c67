#include "coordinator/dataset/csv.h"

#include <algorithm>

#include "coordinator/dataset/panda_row.h"
#include "tests/fuzz/readers/scratch.h"

namespace cox::fuzz {

namespace {

/// A field as RFC 4180 writes it.
std::string quoted(const std::string& field) {
  std::string text = "\"";
  for (const char c : field) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + '"';
}

/// Written in quotes, the same fields are read again.
void require_read_again(const std::vector<std::string>& record) {
  std::string text;
  for (const std::string& field : record) text += (text.empty() ? "" : ",") + quoted(field);
  dataset::CsvReader reader(text, "again.csv");
  const auto again = reader.next();
  require(again.is_ok() && *again && **again == record, "other fields are read at the second time");
}

}  // namespace

/// A CSV file of clips, to the rows that it means.
Reader csv_reader() {
  return {
      "csv",
      {",", "\"", "\"\"", "\n", "\r\n", "videoID", "url", "timestamp", "caption", "matching_score",
       "desirable_filtering", "shot_boundary_detection", "[['0:00:03.000', '0:00:09.500']]",
       "['a cat']", "['desirable']", "[0.5]", "[[['0:00:03.000', '0:00:04.000']]]"},
      [](const std::string& input) {
        dataset::CsvReader reader(input, "clips.csv");
        std::optional<std::map<std::string, std::size_t>> columns;
        const auto lines = 1 + std::count(input.begin(), input.end(), '\n') +
                           std::count(input.begin(), input.end(), '\r');
        for (;;) {
          const auto record = reader.next();
          require_told(record.status());
          if (!record.is_ok() || !*record) return;
          require(reader.line() >= 1 && reader.line() <= lines, "a record begins beyond the end");
          require_read_again(**record);
          if (columns) {
            require_told(dataset::parse_panda_row(**record, *columns).status());
            continue;
          }
          const auto found = dataset::panda_columns(**record);
          require_told(found.status());
          if (!found.is_ok()) return;
          columns = *found;
        }
      }};
}

}  // namespace cox::fuzz
