#include "schemas/metric_schema.h"

#include <yaml-cpp/yaml.h>

#include <catch2/catch.hpp>
#include <string>

#include "schemas/embedded_schemas.h"

namespace cox {
namespace {

const char* spelled(MetricScope scope) {
  switch (scope) {
    case MetricScope::kFrame:
      return "frame";
    case MetricScope::kVideo:
      return "video";
    case MetricScope::kSet:
      return "set";
  }
  return "?";
}

/// What a message says of the weights names the public file, its facts and the script.
void check_weights_source(const YAML::Node& file, std::string_view source) {
  const YAML::Node weights = file["weights_file"];
  CHECK(source.empty() == !weights.IsDefined());
  for (const char* key : {"name", "script", "source", "sha256"}) {
    if (weights.IsDefined() && weights[key]) {
      CHECK(source.find(weights[key].as<std::string>()) != std::string_view::npos);
    }
  }
}

void check_bound(const YAML::Node& file, const char* key, const std::optional<double>& bound) {
  REQUIRE(file[key].IsDefined() == bound.has_value());
  if (bound) CHECK(file[key].as<double>() == *bound);
}

TEST_CASE("the table of metrics matches the schema files") {
  std::size_t files = 0;
  for (const auto& [path, text] : embedded_schemas()) {
    if (path.substr(0, 8) != "metrics/") continue;
    CAPTURE(path);
    ++files;
    const YAML::Node file = YAML::Load(std::string(text));
    const MetricSchema* metric = find_metric(file["name"].as<std::string>());
    REQUIRE(metric != nullptr);
    const auto unit = file["unit"].as<std::string>();
    CHECK(metric->title == file["title"].as<std::string>());
    CHECK(metric->unit == (unit == "1" ? "" : unit));
    CHECK(metric->higher_is_better == (file["better"].as<std::string>() == "higher"));
    CHECK(metric->digits == file["digits"].as<int>());
    CHECK(spelled(metric->scope) == file["scope"].as<std::string>());
    CHECK(metric->weights == file["weights"].as<bool>());
    CHECK(metric->definition == file["definition"].as<std::string>());
    check_weights_source(file, metric->weights_source);
    CHECK(metric->variant_of.empty());
    CHECK(metric->min_side == file["min_side"].as<int>(0));
    CHECK(metric->min_frames == file["min_frames"].as<int>(1));
    CHECK(metric->prompt == file["prompt"].as<bool>(false));
    check_bound(file, "min", metric->min);
    check_bound(file, "max", metric->max);
  }
  CHECK(files == metric_names().size());
}

TEST_CASE("published columns keep their names and order") {
  std::vector<std::string> names;
  for (const MetricSchema& metric : metric_schemas()) names.emplace_back(metric.name);
  REQUIRE(names.size() >= 4);
  names.resize(4);
  CHECK(names == std::vector<std::string>{"psnr", "ssim", "lpips", "lpips_random_trunk"});
}

TEST_CASE("values over random weights have their own name") {
  const MetricSchema& lpips = *find_metric("lpips");
  CHECK(recorded_name(lpips, false) == "lpips");
  CHECK(recorded_name(lpips, true) == "lpips_random_trunk");
  const MetricSchema& variant = *find_metric("lpips_random_trunk");
  CHECK(variant.variant_of == "lpips");
  CHECK(variant.weights);
  CHECK_FALSE(variant.higher_is_better);
  for (const std::string& name : metric_names()) CHECK(find_metric(name)->variant_of.empty());
  CHECK(find_metric("no_such_metric") == nullptr);
}

}  // namespace
}  // namespace cox
