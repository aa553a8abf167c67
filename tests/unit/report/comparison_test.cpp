#include "coordinator/report/compare/comparison.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "base/text.h"
#include "coordinator/report/compare/checks.h"
#include "coordinator/report/print/markdown.h"
#include "coordinator/report/print/wording.h"

namespace cox::report {
namespace {

VideoResult video(const std::string& name, double psnr, std::int64_t scored_frames = 8) {
  VideoResult result;
  result.video = name;
  result.digest = "digest of " + name;
  result.metrics = {{"psnr", psnr}};
  result.scored_frames = scored_frames;
  return result;
}

/// A run over v0, v1, ... with these values.
RunData run(const std::string& name, const std::vector<double>& values) {
  RunData made;
  made.series = "s";
  made.name = name;
  made.method = name;
  made.digest = "digest of " + name;
  made.dataset = "clips";
  made.dataset_digest = "d1";
  made.parameters = {{"gen_start_frame", "32"}, {"height", "480"}};
  for (std::size_t i = 0; i < values.size(); ++i) {
    made.results.push_back(video("v" + std::to_string(i), values[i]));
  }
  return made;
}

const Metric kPsnr = metric_named("psnr").value();

TEST_CASE("only videos that both runs finished are compared, and the others are named with why") {
  RunData none = run("none", {20, 21, 22, 23});
  RunData full = run("full", {21, 23});
  full.unfinished = {{"v2", "failed", "oom", "out of memory", false},
                     {"v3", "queued", "", "", false}};
  const Comparison comparison = compare(none, full, kPsnr).value();
  CHECK(comparison.pairs == 2);
  CHECK(comparison.videos == 4);
  CHECK(*comparison.baseline_mean == 20.5);  // not 21.5: v2 and v3 are out on both sides
  CHECK(*comparison.run_mean == 22);
  CHECK(*comparison.difference.mean == 1.5);
  REQUIRE(comparison.unpaired.size() == 2);
  CHECK(comparison.unpaired[0].video == "v2");
  CHECK(comparison.unpaired[0].run == "s/full");
  CHECK(comparison.unpaired[0].why == "failed (oom): out of memory");
  CHECK(comparison.unpaired[1].why == "queued");
}

TEST_CASE("a metric that is not a number omits the pair and reports it") {
  const RunData none = run("none", {20, 21});
  RunData full = run("full", {21, 0});
  full.results[1].metrics.clear();
  full.results[1].nonfinite = {{"psnr", "nan"}};
  const Comparison comparison = compare(none, full, kPsnr).value();
  CHECK(comparison.pairs == 1);
  REQUIRE(comparison.unpaired.size() == 1);
  CHECK(comparison.unpaired[0].why == "psnr is nan");
  CHECK_FALSE(comparison.inference.interval);
  CHECK(sentence(comparison) ==
        "full is 1.00 dB above none on 1 of 2 videos (wins 100 %): too few videos to tell, 20 are "
        "needed");
}

TEST_CASE("runs over other pixels are refused, naming the column") {
  const RunData none = run("none", {20});
  RunData later = run("later", {20});
  later.parameters["gen_start_frame"] = "48";
  const auto refused = compare(none, later, kPsnr);
  REQUIRE_FALSE(refused.is_ok());
  CHECK(refused.status().code() == StatusCode::kFailedPrecondition);
  CHECK(
      refused.status().message() ==
      "gen_start_frame is 32 in s/none and 48 in s/later: they are scored on different pixels and "
      "cannot be compared");

  RunData longer = run("longer", {20});
  longer.results[0].scored_frames = 16;
  CHECK(
      compare(none, longer, kPsnr).status().message().find("scored_frames is 8 in s/none and 16") ==
      0);
}

TEST_CASE("runs without results are known by their parameters to score other frames") {
  RunData none = run("none", {20});
  RunData longer = run("longer", {});
  longer.parameters["total_frames"] = "28";
  longer.parameters["cond_frames"] = "14";
  CHECK(compare(none, longer, kPsnr)
            .status()
            .message()
            .find("scored_frames is 8 in s/none and 14 in s/longer") == 0);
  longer.parameters["cond_frames"] = "20";
  CHECK(compare(none, longer, kPsnr).is_ok());
}

TEST_CASE("fp8 is compared with fp8 only, whichever of the two is the baseline") {
  const auto of_dtype = [](const std::string& name, const char* dtype) {
    RunData made = run(name, {20, 21});
    made.parameters["dtype"] = dtype;
    return made;
  };
  const RunData narrow = of_dtype("narrow", "\"bf16\""), wide = of_dtype("wide", "\"fp32\"");
  const RunData one = of_dtype("one", "\"fp8\""), two = of_dtype("two", "\"fp8\"");
  CHECK(compare(one, two, kPsnr).is_ok());
  CHECK(compare(narrow, wide, kPsnr).is_ok());  // with a warning
  for (const auto& [a, b] : {std::pair(&narrow, &one), {&one, &narrow}, {&wide, &two}}) {
    const Status refused = compare(*a, *b, kPsnr).status();
    CHECK(refused.code() == StatusCode::kFailedPrecondition);
    CHECK(refused.message().find(": results of fp8 screen settings and are compared with each "
                                 "other only") != std::string::npos);
  }
  CHECK(compare(narrow, one, kPsnr)
            .status()
            .message()
            .find("dtype is \"bf16\" in s/narrow and \"fp8\" in s/one") == 0);
  RunData older = run("older", {20, 21});  // a run from elsewhere, without the parameter
  CHECK_FALSE(compare(older, one, kPsnr).is_ok());
}

TEST_CASE("runs measured by other definitions are refused, naming the versions") {
  const RunData none = run("none", {20});
  RunData newer = run("newer", {20});
  newer.metric_definitions = 2;
  CHECK(compare(none, newer, kPsnr)
            .status()
            .message()
            .find("metric_definitions is 0 in s/none and 2 in s/newer") == 0);
}

/// A run that measured an LPIPS metric over weights of this digest.
RunData lpips_run(const std::string& name, const std::string& metric, const std::string& weights) {
  RunData made = run(name, {20, 21});
  for (VideoResult& result : made.results) result.metrics[metric] = 0.25;
  made.weights_digests = {{"lpips_weights_digest", weights}};
  return made;
}

TEST_CASE("LPIPS over other weights is refused, other metrics of the same runs are not") {
  const Metric lpips = metric_named("lpips").value();
  const std::string weights(64, 'a');
  const RunData none = lpips_run("none", "lpips", weights);
  CHECK(compare(none, lpips_run("same", "lpips", weights), lpips).is_ok());
  const RunData other = lpips_run("other", "lpips", std::string(64, 'b'));
  const auto refused = compare(none, other, lpips);
  CHECK(refused.status().code() == StatusCode::kFailedPrecondition);
  CHECK(refused.status().message() ==
        "lpips_weights_digest is aaaaaaaaaaaa in s/none and bbbbbbbbbbbb in s/other: lpips over "
        "other weights is another measure and cannot be compared");
  CHECK(compare(none, other, kPsnr).is_ok());
  CHECK(compare(none, lpips_run("older", "lpips", ""), lpips)
            .status()
            .message()
            .find("aaaaaaaaaaaa in s/none and not recorded in s/older") != std::string::npos);
  CHECK_FALSE(weights_difference({none, other}, "lpips").empty());
  CHECK(weights_difference({none, other}, "psnr").empty());
}

TEST_CASE("LPIPS over a random trunk never meets LPIPS") {
  const RunData real = lpips_run("real", "lpips", std::string(64, 'a'));
  const RunData random = lpips_run("random", "lpips_random_trunk", std::string(64, 'b'));
  for (const char* metric : {"lpips", "lpips_random_trunk"}) {
    const auto refused = compare(real, random, metric_named(metric).value());
    CHECK(refused.status().message().find(concat(metric, " was not measured in s/")) == 0);
  }
  CHECK(weights_difference({real, random}, "lpips").empty());  // each in its own column
}

TEST_CASE("a run against itself, without the metric or on other videos is refused") {
  const RunData none = run("none", {20});
  CHECK(compare(none, none, kPsnr).status().code() == StatusCode::kInvalidArgument);

  RunData silent = run("silent", {20});
  silent.results[0].metrics = {{"ssim", 0.5}};
  CHECK(compare(none, silent, kPsnr).status().message() == "psnr was not measured in s/silent");

  RunData elsewhere = run("elsewhere", {20});
  elsewhere.dataset = "others";
  elsewhere.dataset_digest = "d2";
  elsewhere.results[0].digest = "another file";
  CHECK(compare(none, elsewhere, kPsnr)
            .status()
            .message()
            .find("dataset is clips in s/none and others in s/elsewhere") == 0);
}

TEST_CASE("runs without any pair can be compared once they have one") {
  const Comparison comparison = compare(run("none", {20}), run("full", {}), kPsnr).value();
  CHECK(comparison.pairs == 0);
  CHECK_FALSE(comparison.difference.mean);
  CHECK_FALSE(comparison.open);  // v0 is not in the data set of the other
  CHECK(sentence(comparison) ==
        "full and none share no finished video of 1 (full: not in its data set on 1)");
}

TEST_CASE("what is finished but no number is told from what is not finished") {
  RunData none = run("none", {20, 21});
  for (VideoResult& result : none.results) {
    result.metrics.clear();
    result.nonfinite = {{"psnr", "nan"}};
  }
  const RunData full = run("full", {21, 22});
  const Comparison finished = compare(none, full, kPsnr).value();
  CHECK_FALSE(finished.open);
  CHECK(sentence(finished) ==
        "full and none both finished 2 of 2 videos, but on none of them both have a finite psnr "
        "(none: psnr is nan on 2)");

  RunData lost = run("lost", {});
  lost.unfinished = {{"v0", "failed", "oom", "out of memory", false},
                     {"v1", "failed", "oom", "no memory left", false}};
  const Comparison failed = compare(lost, full, kPsnr).value();
  CHECK_FALSE(failed.open);
  CHECK(sentence(failed) == "full and lost share no finished video of 2 (lost: failed (oom) on 2)");

  lost.unfinished[1] = {"v1", "queued", "", "", false};
  CHECK(compare(lost, full, kPsnr)->open);
  CHECK_FALSE(compare(lost, run("half", {21}), kPsnr)->open);  // v1 is not in its data set
  lost.unfinished[1].state = "stopped";
  CHECK_FALSE(compare(lost, full, kPsnr)->open);
}

TEST_CASE("an id that names two files does not form a pair, and both digests are named") {
  const RunData none = run("none", {20, 21, 22});
  RunData full = run("full", {21, 22, 24});
  full.results[1].digest = "another file";
  const Comparison comparison = compare(none, full, kPsnr).value();
  CHECK(comparison.pairs == 2);
  REQUIRE(comparison.unpaired.size() == 1);
  CHECK(comparison.unpaired[0].video == "v1");
  CHECK(comparison.unpaired[0].run == "s/full");
  CHECK(comparison.unpaired[0].why ==
        "another file: digest digest of v1 in s/none, another file in s/full");
  CHECK(comparison_warnings({comparison}).front() ==
        "s/full and s/none have different files for v1 (content digests differ): left out of their "
        "differences");
}

TEST_CASE("bit-identical results are told from equal means") {
  CHECK(compare(run("none", {20, 21}), run("inert", {20, 21}), kPsnr)->identical);
  const Comparison swapped = compare(run("none", {20, 21}), run("swap", {21, 20}), kPsnr).value();
  CHECK_FALSE(swapped.identical);
  CHECK(*swapped.difference.mean == 0);
  CHECK(sentence(swapped) ==
        "swap has the same mean psnr as none on 2 of 2 videos (wins 50 %): too few videos to tell, "
        "20 are needed");
}

/// A run over 64 videos that is a little worse than `none` on 58 of them and much better on 6.
RunData mostly_worse(double on_the_six) {
  std::vector<double> values;
  for (int i = 0; i < 64; ++i) values.push_back(i < 58 ? 20 - 0.1 - 0.001 * i : 20 + on_the_six);
  return run("lucky", values);
}

TEST_CASE("if the ranks contradict the mean, the sentence reports it") {
  const RunData none = run("none", std::vector<double>(64, 20));
  const Comparison lucky = compare(none, mostly_worse(6), kPsnr).value();
  CHECK(*lucky.signed_rank.p < 0.001);
  CHECK(*lucky.difference.mean > 0);
  CHECK(lucky.signed_rank.positive < lucky.signed_rank.negative);
  // Six lucky videos of 64 are few: where they are drawn seldom the mean is far lower.
  CHECK(*lucky.inference.p > 0.05);
  CHECK(lucky.inference.interval->low < 0);
  CHECK(ends_with(sentence(lucky), "; by the ranks of the differences it is below"));

  // A mean of exactly 0: 0.5 on each side of 20 is exact.
  std::vector<double> balanced(64, 19.5);
  for (int i = 0; i < 8; ++i) balanced[i] = 20 + 3.5;
  const Comparison even = compare(none, run("even", balanced), kPsnr).value();
  CHECK(*even.difference.mean == 0);
  CHECK(*even.signed_rank.p < 0.05);
  CHECK(sentence(even) ==
        "even has the same mean psnr as none on 64 of 64 videos (p = 1.000, wins 12 %): no "
        "difference detected (80 % power to detect 0.47 dB); by the ranks of the "
        "differences it is below");
}

TEST_CASE("the detectable difference is what a test at the corrected level finds") {
  std::vector<double> noise;
  for (int i = 0; i < 64; ++i) noise.push_back(20 + std::sin(i * i));
  const RunData none = run("none", std::vector<double>(64, 20));
  std::vector<Comparison> family;
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    family.push_back(compare(none, run(name, noise), kPsnr).value());
  }
  const double alone = *family[0].detectable;
  const double deviation = *family[0].difference.deviation;
  CHECK(*family[0].detectable_corrected == alone);
  correct_family(family);
  CHECK(*family[0].detectable == alone);
  // 5 comparisons: a t-test at 0.01, scipy_figures.py.
  CHECK(*family[0].detectable_corrected == Approx(0.4387928280099632 * deviation).epsilon(1e-7));
  CHECK(
      ends_with(sentence(family[0]), concat(": no difference detected (80 % power to detect ",
                                            decimal(*family[0].detectable_corrected, 2), " dB)")));

  std::vector<Comparison> few = {
      compare(none, run("few", {20.1, 19.9, 20.3, 19.8, 20.2, 20.4, 19.7}), kPsnr).value()};
  correct_family(few);
  CHECK_FALSE(few[0].detectable_corrected);
  CHECK(few[0].family == 0);
  CHECK(ends_with(sentence(few[0]), ": too few videos to tell, 20 are needed"));
}

TEST_CASE("a run that never left its start state is known as one") {
  RunData stuck = run("stuck", {20, 21.5});
  for (VideoResult& result : stuck.results) result.steps_run = 5;
  CHECK(compare(run("none", {20, 21}), stuck, kPsnr)->never_adapted());
  stuck.results[0].best_step = 3;
  CHECK_FALSE(compare(run("none", {20, 21}), stuck, kPsnr)->never_adapted());
  CHECK(compare(run("none", {20, 21}), stuck, kPsnr)->unadapted == 1);
}

TEST_CASE("pairs over other pixels are compared and counted, unless one side does not tell") {
  RunData none = run("none", {20, 21, 22, 23});
  RunData full = run("full", {21, 22, 23, 25});
  for (RunData* side : {&none, &full}) {
    for (VideoResult& result : side->results) result.reference_digests = {"of " + result.video};
  }
  CHECK(compare(none, full, kPsnr)->other_pixels == 0);
  full.results[1].reference_digests = {"elsewhere"};
  none.results[2].reference_digests.clear();
  full.results[3].reference_digests.clear();
  const Comparison comparison = compare(none, full, kPsnr).value();
  CHECK(comparison.other_pixels == 1);
  CHECK(comparison.pairs == 4);
}

/// A run over `count` videos that is `shift` above 20, with noise of deviation 0.7.
RunData noisy(const std::string& name, double shift, int count) {
  std::vector<double> values;
  for (int i = 1; i <= count; ++i) values.push_back(20 + shift + std::sin(i * i));
  return run(name, values);
}

TEST_CASE("a family is corrected together, without the comparisons that have no p") {
  const RunData none = run("none", std::vector<double>(40, 20));
  std::vector<Comparison> family = {
      compare(none, noisy("a", 0.5, 40), kPsnr).value(),
      compare(none, run("same", std::vector<double>(40, 20)), kPsnr).value(),
      compare(none, noisy("b", 0.1, 40), kPsnr).value(),
      compare(none, noisy("short", 0.5, 12), kPsnr).value()};
  correct_family(family);
  CHECK(family[0].family == 2);
  CHECK(family[2].family == 2);
  CHECK(*family[0].family_inference.p > *family[0].inference.p);
  CHECK(family[0].family_inference.interval->low < family[0].inference.interval->low);
  CHECK(family[0].family_inference.interval->high > family[0].inference.interval->high);
  CHECK(family[1].family == 0);
  CHECK_FALSE(family[1].inference.p);
  CHECK_FALSE(family[1].family_inference.p);
  CHECK_FALSE(family[3].inference.p);
  CHECK_FALSE(family[3].inference.interval);
  CHECK(family[3].family == 0);
}

TEST_CASE("the ranks of a family are corrected by Holm, whatever their number") {
  const RunData none = run("none", {20, 20, 20, 20, 20, 20});
  std::vector<Comparison> family = {
      compare(none, run("a", {21, 22, 23, 24, 25, 26}), kPsnr).value(),
      compare(none, run("same", {20, 20, 20, 20, 20, 20}), kPsnr).value(),
      compare(none, run("b", {21, 22, 23, 24, 25, 14}), kPsnr).value()};
  correct_family(family);
  CHECK(*family[0].signed_rank.p == Approx(2.0 / 64));
  CHECK(*family[0].signed_rank_holm_p == Approx(4.0 / 64));
  CHECK_FALSE(family[1].signed_rank_holm_p);
}

TEST_CASE("a p that only the correction lifts above the level is a hint") {
  const RunData none = run("none", std::vector<double>(40, 20));
  std::vector<Comparison> family(12, compare(none, noisy("a", 0.4, 40), kPsnr).value());
  CHECK(family[0].is_finding());
  CHECK(sentence(family[0]).find("hint") == std::string::npos);
  for (std::size_t i = 1; i < family.size(); ++i) {
    family[i] = compare(none, noisy("b", 0.0004 * static_cast<double>(i), 40), kPsnr).value();
  }
  correct_family(family);
  CHECK(*family[0].inference.p < 0.05);
  CHECK(*family[0].family_inference.p >= 0.05);
  CHECK_FALSE(family[0].is_finding());
  CHECK(ends_with(sentence(family[0]), ": a hint, not a finding"));
}

/// `values` and the same again, as often as it takes to test their mean.
std::vector<double> tiled(const std::vector<double>& values, int times) {
  std::vector<double> all;
  for (int i = 0; i < times; ++i) all.insert(all.end(), values.begin(), values.end());
  return all;
}

TEST_CASE("sentences give direction, interval, coverage, p and wins") {
  const RunData none = run("none", tiled({20, 21, 22, 23, 24, 25, 26, 27, 28, 29}, 2));
  const Comparison up =
      compare(none,
              run("up", tiled({20.5, 21.4, 22.6, 23.5, 24.3, 25.7, 26.5, 27.4, 28.6, 29.5}, 2)),
              kPsnr)
          .value();
  CHECK(sentence(up) ==
        "up is 0.50 dB [0.45, 0.55] above none on 20 of 20 videos (p < 0.001, wins "
        "100 %)");
  const Comparison down =
      compare(none,
              run("down", tiled({19.5, 20.6, 21.4, 22.5, 23.7, 24.3, 25.5, 26.6, 27.4, 28.5}, 2)),
              kPsnr)
          .value();
  CHECK(sentence(down) ==
        "down is 0.50 dB [0.45, 0.55] below none on 20 of 20 videos (p < 0.001, "
        "wins 0 %)");
}

TEST_CASE("if lower is better, the sentence states the direction") {
  RunData none = run("none", {});
  RunData full = run("full", {});
  for (int i = 0; i < 20; ++i) {
    none.results.push_back(video("v" + std::to_string(i), 0));
    full.results.push_back(none.results.back());
    none.results.back().metrics = {{"lpips", 0.5 + 0.01 * (i % 3)}};
    full.results.back().metrics = {{"lpips", 0.4}};
  }
  const Comparison comparison = compare(none, full, metric_named("lpips").value()).value();
  CHECK(comparison.wins.wins == 20);
  CHECK(
      sentence(comparison).find("full is 0.1095 lpips [0.1056, 0.1134] below (better than) none") ==
      0);
}

TEST_CASE("a table of comparisons names its metric and the better direction") {
  const Metric ssim = metric_named("ssim").value();
  RunData none = run("none", std::vector<double>(20, 20));
  RunData full = run("full", std::vector<double>(20, 21));
  for (RunData* side : {&none, &full}) {
    for (VideoResult& result : side->results) {
      result.metrics = {{"ssim", side == &none ? 0.5 : 0.75}};
    }
  }
  const std::string page = comparison_markdown({compare(none, full, ssim).value()}, {});
  CHECK(page.find("- full is 0.2500 ssim [0.2500, 0.2500] above none") == 0);
  CHECK(page.find("\n\n### ssim (higher is better)\n\n| run | against |") != std::string::npos);
}

TEST_CASE("numbers read the same everywhere") {
  CHECK(decimal(-0.001, 2) == "0.00");
  CHECK(decimal(-0.01, 2) == "-0.01");
  CHECK(decimal(std::nullopt, 2) == "-");
  CHECK(p_text(0.0004) == "< 0.001");
  CHECK(p_text(0.0316) == "0.032");
  CHECK(percent_text(0.705) == "70 %");
  CHECK(interval_text(Interval{-0.004, 0.1}, 2) == "[0.00, 0.10]");
}

TEST_CASE("directions and units come from the metric's schema") {
  CHECK(kPsnr.higher_is_better);
  CHECK(kPsnr.unit == "dB");
  CHECK_FALSE(metric_named("lpips")->higher_is_better);
  CHECK_FALSE(metric_named("lpips_random_trunk")->higher_is_better);
  CHECK(metric_named("fvd").status().code() == StatusCode::kNotFound);
}

}  // namespace
}  // namespace cox::report
