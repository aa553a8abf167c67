// cox-engine parity for every model family, compared with the numbers of the public
// implementations: tests/parity/fixtures/FAMILY/cases.json, written by make_FAMILY.py.

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/parity/ops/parity_call.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::parity;

namespace {

constexpr double kElementFactor = 10;

/// Returns the tensors of one side of a case, "in" or "out", without the prefix of their names.
Tensors side_of(const Tensors& stored, const std::string& name, const std::string& side) {
  const std::string prefix = name + "/" + side + "/";
  Tensors found;
  for (const auto& [key, tensor] : stored) {
    if (key.rfind(prefix, 0) == 0) found[key.substr(prefix.size())] = tensor;
  }
  return found;
}

double rms(const at::Tensor& x) { return x.to(at::kDouble).square().mean().sqrt().item<double>(); }

/// Checks relative L2 against the tolerance, and each element against ten times the tolerance of
/// the sum of its size and the case's largest rms.
void check_close(const at::Tensor& got, const at::Tensor& expected, double tolerance,
                 double largest_rms) {
  REQUIRE(got.sizes() == expected.sizes());
  if (!expected.is_floating_point()) {
    CHECK(at::equal(got, expected));
    return;
  }
  CHECK(relative_error(got, expected) < tolerance);
  const at::Tensor wide = expected.to(at::kDouble);
  const at::Tensor excess =
      (got.to(at::kDouble) - wide).abs() - kElementFactor * tolerance * (wide.abs() + largest_rms);
  CHECK(excess.max().item<double>() <= 0);
}

void run_case(const nlohmann::json& listed, const Tensors& stored, const std::string& folder) {
  const auto name = listed.at("name").get<std::string>();
  INFO(name);
  Call call{.op = listed.at("op").get<std::string>()};
  call.inputs = side_of(stored, name, "in");
  const auto model = listed.at("model").get<std::string>();
  call.model = model.empty() ? "" : folder + "/" + model;
  call.options = {"--backbone", listed.at("backbone").get<std::string>()};
  for (const auto& [key, value] : listed.at("parameters").items()) {
    call.parameters.push_back(key + "=" + value.dump());
  }
  const Tensors got = output_of(call), expected = side_of(stored, name, "out");
  REQUIRE_FALSE(expected.empty());
  double largest_rms = 0;
  for (const auto& [key, tensor] : expected) {
    if (tensor.is_floating_point()) largest_rms = std::max(largest_rms, rms(tensor));
  }
  for (const auto& [key, tensor] : expected) {
    INFO(key);
    REQUIRE(got.count(key) == 1);
    check_close(got.at(key), tensor, listed.at("tolerance").get<double>(), largest_rms);
  }
}

void run_folder(const std::string& name) {
  const std::string folder = kFixtures + "/" + name;
  std::ifstream file(folder + "/cases.json");
  const nlohmann::json cases = nlohmann::json::parse(file);
  REQUIRE_FALSE(cases.empty());
  const Tensors stored = Checkpoint::open(folder + "/cases.safetensors").load_all();
  for (const nlohmann::json& listed : cases) run_case(listed, stored, folder);
}

}  // namespace

TEST_CASE("Wan's parity ops agree with diffusers") { run_folder("wan"); }
TEST_CASE("The parity op stas computes the formula") { run_folder("stas"); }
TEST_CASE("CogVideoX's parity ops agree with diffusers") { run_folder("cogvideox"); }
TEST_CASE("Open-Sora's parity ops agree with its published modules") { run_folder("open_sora"); }
