#include "coordinator/report/figures/figures.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cmath>

#include "coordinator/report/figures/axis.h"
#include "coordinator/report/figures/draw.h"
#include "coordinator/report/figures/labels.h"
#include "coordinator/report/statistics/histogram.h"
#include "tests/unit/report/study_database.h"

using namespace cox;
using report::FigureRequest;
using test::StudyDatabase;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

JobOutput output(double psnr, double train_s) {
  JobOutput result = test::scored(psnr, 0.5);
  result.metrics[0].per_frame = {psnr - 1, psnr + 1};
  result.timings.train_s = train_s;
  return result;
}

/// A grid of two rates and two numbers of steps against `none`, on three videos.
void fill(StudyDatabase& study) {
  const auto parameters = [](const char* lr, int steps) {
    return fmt::format(R"({{"lr":{},"replicate":0,"seed":1,"steps":{}}})", lr, steps);
  };
  study.submit("s",
               {{"none", "none", R"({"replicate":0,"seed":1})"},
                {"slow", "lora", parameters("0.001", 5)},
                {"slower", "lora", parameters("0.001", 10)},
                {"fast<b>", "lora", parameters("0.1", 5)},
                {"faster", "lora", parameters("0.1", 10)}},
               {"a", "b", "c"});
  study.run([](const std::string& run, const std::string& video) -> StudyDatabase::Outcome {
    const double base = video == "a" ? 20 : 22;
    if (run == "none") return output(base, 0);
    if (run == "slow") return output(base + 1, 2);
    if (run == "slower") return output(base + 2, 4);
    if (run == "faster") return output(base - 1, 4);
    return output(base + 1.5, 2);
  });
}

std::string drawn(const StudyDatabase& study, const FigureRequest& request) {
  const auto svg = report::draw_figure(study.query(), request);
  INFO(svg.status());
  REQUIRE(svg.is_ok());
  CHECK(svg->starts_with("<svg "));
  CHECK(svg->ends_with("</svg>\n"));
  return *svg;
}

}  // namespace

TEST_CASE("every kind of figure is drawn, twice the same", "[figures]") {
  StudyDatabase study;
  fill(study);
  for (const report::FigureKind& kind : report::figure_kinds()) {
    INFO(kind.name);
    FigureRequest request{.kind = kind.name, .series = "s"};
    if (kind.name == "items") request.runs = {"slow"};
    if (kind.name == "frames" || kind.name == "loss" || kind.name == "early-stop") {
      request.item = "a";
    }
    CHECK(drawn(study, request) == drawn(study, request));
  }
}

TEST_CASE("figures have a mark for each run, item and cell", "[figures]") {
  StudyDatabase study;
  fill(study);
  const std::string differences = drawn(study, {.kind = "differences", .series = "s"});
  CHECK(count(differences, "class=\"mark\"") == 4);
  CHECK(differences.find(">1.00  (3 items)<") != std::string::npos);
  const std::string items = drawn(study, {.kind = "items", .series = "s", .runs = {"s/faster"}});
  CHECK(count(items, "class=\"loss\"") == 3);
  CHECK(count(drawn(study, {.kind = "heat", .series = "s"}), "class=\"cell\"") == 4);
  CHECK(count(drawn(study, {.kind = "distribution", .series = "s"}), "class=\"dot\"") == 15);
}

TEST_CASE("names cannot break out of a figure", "[figures]") {
  StudyDatabase study;
  fill(study);
  const std::string svg = drawn(study, {.kind = "differences", .series = "s"});
  CHECK(svg.find("fast<b>") == std::string::npos);
  CHECK(svg.find("fast&lt;b&gt;") != std::string::npos);
  CHECK(report::markup_text("a\u202Eb\x01\"'&") == "a\\u202eb\\u0001&quot;&#39;&amp;");
  CHECK(report::markup_text("\xff") == "\\xFF");
}

TEST_CASE("no run beats those of the front", "[figures]") {
  StudyDatabase study;
  fill(study);
  const auto notes = report::stored_notes(study.query(), "s").value();
  const auto report = report::report_on(study.query(), "s", notes).value();
  std::vector<std::string> names;
  for (const report::RunData* run : report::cost_front(report)) names.push_back(run->name);
  CHECK(names == std::vector<std::string>{"none", "fast<b>", "slower"});
}

TEST_CASE("a cell that runs share has the mean of their means", "[figures]") {
  StudyDatabase study;
  fill(study);
  const auto notes = report::stored_notes(study.query(), "s").value();
  const auto report = report::report_on(study.query(), "s", notes).value();
  const auto cells = report::grid_cells(report, "method", "lr");
  REQUIRE(cells.size() == 2);
  CHECK(cells[0].column == "0.001");
  CHECK(cells[0].runs == std::vector<std::string>{"slow", "slower"});
  CHECK(cells[0].mean == Approx(64.0 / 3 + 1.5));
}

TEST_CASE("frames are drawn in the first metric that was measured", "[figures]") {
  StudyDatabase study;
  study.submit("s", {{"none", "none", R"({"replicate":0,"seed":1})"}}, {"a"});
  study.run([](const std::string&, const std::string&) -> StudyDatabase::Outcome {
    JobOutput result = test::scored(20, 0.5);
    result.metrics = {{"clip_similarity", 0.5, {0.25, 0.75}}, {"ssim", 0.5, {0.4, 0.6}}};
    return result;
  });
  const std::string svg = drawn(study, {.kind = "frames", .series = "s", .item = "a"});
  CHECK(svg.find("ssim of each frame") != std::string::npos);
}

TEST_CASE("a figure that cannot be drawn reports why", "[figures]") {
  StudyDatabase study;
  fill(study);
  const auto status = [&](const FigureRequest& request) {
    return report::draw_figure(study.query(), request).status();
  };
  CHECK(status({.kind = "pie", .series = "s"}).message().find("differences") != std::string::npos);
  CHECK(status({.kind = "cost", .series = "t"}).code() == StatusCode::kNotFound);
  CHECK(status({.kind = "items", .series = "s"}).code() == StatusCode::kInvalidArgument);
  CHECK(status({.kind = "items", .series = "s", .runs = {"slo"}}).message().find("'slow'") !=
        std::string::npos);
  CHECK(status({.kind = "loss", .series = "s"}).message().find("--item") != std::string::npos);
  CHECK(status({.kind = "frames", .series = "s", .item = "z"}).code() == StatusCode::kNotFound);
  const Status factor = status({.kind = "heat", .series = "s", .rows = "step"});
  CHECK(factor.code() == StatusCode::kNotFound);
  CHECK(factor.message().find("'steps'") != std::string::npos);
}

TEST_CASE("linear scales end at round numbers and hold every value", "[figures]") {
  const auto scale = report::linear_scale({-0.13, 0.52}, 0, 100, 5);
  CHECK(scale.low == Approx(-0.2));
  CHECK(scale.high == Approx(0.6));
  CHECK(scale(-0.2) == Approx(0));
  CHECK(scale(0.6) == Approx(100));
  CHECK(report::ticks_of(scale).size() == 5);
  CHECK(report::tick_text(scale, report::ticks_of(scale)[1]) == "0.0");
  const auto flat = report::linear_scale({3, 3}, 0, 1, 4);
  CHECK(flat.low <= 3);
  CHECK(flat.high > flat.low);
}

TEST_CASE("values over decades get a logarithmic scale", "[figures]") {
  const auto scale = report::fitting_scale({1e-4, 1e-2}, 0, 100, 5);
  CHECK(scale.logarithmic);
  CHECK(scale(1e-3) == Approx(50));
  CHECK(!report::fitting_scale({1, 2}, 0, 1, 5).logarithmic);
  CHECK(!report::fitting_scale({0, 100}, 0, 1, 5).logarithmic);
}

TEST_CASE("a histogram counts every value once", "[figures]") {
  CHECK(report::histogram({}).empty());
  const auto same = report::histogram({2, 2, 2});
  REQUIRE(same.size() == 1);
  CHECK(same[0].count == 3);
  const auto bins = report::histogram({0, 1, 2, 3, 4, 5, 6, 7, 9});
  REQUIRE(bins.size() == 3);
  CHECK(bins[0].count == 3);
  CHECK(bins[1].count == 3);
  CHECK(bins[2].count == 3);
  CHECK(bins[2].high == 9);
}

TEST_CASE("names next to points cover neither each other nor a point", "[figures]") {
  const std::vector<report::LabeledPoint> points = {
      {{50, 50}, "one"}, {{54, 52}, "another"}, {{200, 50}, "apart"}};
  const auto places = report::label_places(points, 0, 260);
  REQUIRE(places.size() == 3);
  REQUIRE(places[0].has_value());
  REQUIRE(places[1].has_value());
  CHECK(places[2]->at.x > 200);
  CHECK(std::abs(places[0]->at.y - places[1]->at.y) + std::abs(places[0]->at.x - places[1]->at.x) >
        12);
  CHECK(!report::label_places({{{50, 50}, "a name too long for so narrow a figure"}}, 0, 100)[0]);
}
