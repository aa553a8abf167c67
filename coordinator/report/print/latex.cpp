#include "coordinator/report/print/latex.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "coordinator/report/print/report_tables.h"

namespace cox::report {

namespace {

std::string_view latex_of(char c) {
  switch (c) {
    case '\\':
      return "\\textbackslash{}";
    case '~':
      return "\\textasciitilde{}";
    case '^':
      return "\\textasciicircum{}";
    case '&':
      return "\\&";
    case '%':
      return "\\%";
    case '$':
      return "\\$";
    case '#':
      return "\\#";
    case '_':
      return "\\_";
    case '{':
      return "\\{";
    case '}':
      return "\\}";
    case '<':
      return "\\textless{}";
    case '>':
      return "\\textgreater{}";
    default:
      return "";
  }
}

/// Signs that are written as words there; text has them in UTF-8.
constexpr std::pair<std::string_view, std::string_view> kSigns[] = {{"±", "$\\pm$"},
                                                                    {"×", "$\\times$"}};

std::string with_signs(std::string text) {
  for (const auto& [sign, command] : kSigns) {
    for (std::size_t at = text.find(sign); at != std::string::npos;
         at = text.find(sign, at + command.size())) {
      text.replace(at, sign.size(), command);
    }
  }
  return text;
}

bool is_digit(std::string_view text, std::size_t i) {
  return i < text.size() && std::isdigit(static_cast<unsigned char>(text[i])) != 0;
}

/// Whether the `-` at `i` is the sign of a number and no hyphen.
bool is_minus(std::string_view text, std::size_t i) {
  const bool begins = i == 0 || text[i - 1] == ' ' || text[i - 1] == '[';
  return begins && is_digit(text, i + 1);
}

bool is_number_column(const TextTable& table, std::size_t column) {
  return std::all_of(table.rows.begin(), table.rows.end(), [column](const auto& row) {
    const std::string& cell = row[column];
    return cell == "-" || is_digit(cell, 0) || (!cell.empty() && is_digit(cell, 1));
  });
}

std::string latex_line(const std::vector<std::string>& cells) {
  std::vector<std::string> texts;
  for (const std::string& cell : cells) {
    texts.push_back(cell == "-" ? "--" : latex_text(cell));
  }
  return fmt::format("    {} \\\\\n", join(texts, " & "));
}

std::string differences_caption(const SeriesReport& report) {
  return fmt::format("Differences from {} in {}, with 95 % intervals", report.baseline,
                     report.primary().name);
}

}  // namespace

std::string latex_text(std::string_view text) {
  std::string safe;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view command = latex_of(text[i]);
    if (!command.empty()) {
      safe += command;
    } else if (text[i] == '-' && is_minus(text, i)) {
      safe += "$-$";
    } else {
      safe += static_cast<unsigned char>(text[i]) < 0x20 ? ' ' : text[i];
    }
  }
  return with_signs(std::move(safe));
}

std::string latex(const TextTable& table, const std::string& caption) {
  std::string columns;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    columns += is_number_column(table, c) ? 'r' : 'l';
  }
  std::string text = fmt::format(
      "\\begin{{table}}\n  \\centering\n  \\caption{{{}}}\n  \\begin{{tabular}}{{{}}}\n"
      "    \\toprule\n{}    \\midrule\n",
      latex_text(caption), columns, latex_line(table.columns));
  for (const auto& row : table.rows) text += latex_line(row);
  return text + "    \\bottomrule\n  \\end{tabular}\n\\end{table}\n";
}

std::string report_latex(const SeriesReport& report) {
  std::string text =
      fmt::format("% Series {}. The tables need \\usepackage{{booktabs}} and UTF-8 input.\n",
                  latex_text(report.series));
  for (const ResultTable& declared : report.notes.tables) {
    text += "\n" + latex(declared_text_table(report, declared), declared.title);
  }
  if (report.notes.tables.empty()) {
    text += "\n" + latex(leaderboard(report),
                         report.notes.title.empty() ? report.series : report.notes.title);
  }
  if (!report.comparisons.empty() && !report.comparisons.front().empty()) {
    text += "\n" + latex(difference_table(report.comparisons.front(), report.series, false),
                         differences_caption(report));
  }
  return text;
}

}  // namespace cox::report
