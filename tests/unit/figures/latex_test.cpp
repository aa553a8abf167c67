#include "coordinator/report/print/latex.h"

#include <catch2/catch.hpp>

#include "tests/unit/report/study_database.h"

using namespace cox;

TEST_CASE("characters that LaTeX reads as commands are escaped", "[latex]") {
  CHECK(report::latex_text("a_b & 5 % of $x {y} #1 ~^") ==
        "a\\_b \\& 5 \\% of \\$x \\{y\\} \\#1 \\textasciitilde{}\\textasciicircum{}");
  CHECK(report::latex_text("\\input{x}") == "\\textbackslash{}input\\{x\\}");
  CHECK(report::latex_text("22.05 ± 0.04") == "22.05 $\\pm$ 0.04");
}

TEST_CASE("a minus is the sign of a number, a hyphen joins words", "[latex]") {
  CHECK(report::latex_text("-0.12 [-0.30, 0.05]") == "$-$0.12 [$-$0.30, 0.05]");
  CHECK(report::latex_text("adasteer-1-flipped") == "adasteer-1-flipped");
}

TEST_CASE("a table has booktabs rules, and numbers to the right", "[latex]") {
  const report::TextTable table{{"run", "psnr"}, {{"a_1", "20.00"}, {"b", "-"}}};
  CHECK(report::latex(table, "Both") ==
        "\\begin{table}\n  \\centering\n  \\caption{Both}\n  \\begin{tabular}{lr}\n"
        "    \\toprule\n    run & psnr \\\\\n    \\midrule\n    a\\_1 & 20.00 \\\\\n"
        "    b & -- \\\\\n    \\bottomrule\n  \\end{tabular}\n\\end{table}\n");
}

TEST_CASE("a report has the leaderboard and the differences", "[latex]") {
  test::StudyDatabase study;
  study.submit("s",
               {{"none", "none", R"({"replicate":0,"seed":1})"},
                {"with_lora", "lora", R"({"lr":0.1,"replicate":0,"seed":1})"}},
               {"a", "b"});
  study.run([](const std::string& run, const std::string&) -> test::StudyDatabase::Outcome {
    return test::scored(run == "none" ? 21 : 20, 0.5);
  });
  const auto notes = report::stored_notes(study.query(), "s").value();
  const std::string text =
      report::report_latex(report::report_on(study.query(), "s", notes).value());
  CHECK(text.starts_with("% Series s."));
  CHECK(text.find("with\\_lora") != std::string::npos);
  CHECK(text.find("$-$1.00") != std::string::npos);
  CHECK(text.find("Differences from s/none in psnr") != std::string::npos);
}
