#include "coordinator/sweep/schema.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "coordinator/sweep/read_value.h"

using namespace cox::sweep;
using cox::Value;

namespace {

const char* kRun = R"(
parameters:
  steps: {type: int, default: 5, min: 1, doc: Steps.}
  metrics: {type: list of text, default: [ssim, psnr], values: [psnr, ssim, lpips], doc: Which.}
)";
const char* kAdaptation = R"(
parameters: {}
)";
const char* kOptimizer = R"(
parameters:
  lr: {type: float, default: 5e-3, above: 0, role: replay, doc: Rate.}
)";
const char* kTogether = "parameters: {}";
const char* kMethod = R"(
method: full
trains: true
acts_on: [linear_layers]
doc: All.
parameters:
  lr: {default: 1e-5}
  own: {type: bool, doc: No default.}
)";

std::string errors_of(const std::string& run, const std::string& method) {
  const auto schemas = load_schemas({{"run.yaml", run},
                                     {"adaptation.yaml", kAdaptation},
                                     {"optimizer.yaml", kOptimizer},
                                     {"together.yaml", kTogether},
                                     {"methods/full.yaml", method}});
  return schemas.status().message();
}

}  // namespace

TEST_CASE("what earlier stages read instead of a value is among the values") {
  const auto with = [](const std::string& map) {
    return "parameters:\n  dtype: {type: text, default: a, values: [a, b], doc: d, "
           "before_generation: " +
           map + "}\n";
  };
  const std::string method =
      "method: full\ntrains: true\nacts_on: [linear_layers]\ndoc: d\nparameters: {}\n";
  CHECK(errors_of(with("{b: a}"), method).empty());
  CHECK(errors_of(with("{b: c}"), method)
            .find("before_generation: 'c' is not among the values of 'dtype'") !=
        std::string::npos);
  CHECK(errors_of(with("{c: a}"), method)
            .find("before_generation: 'c' is not among the values of 'dtype'") !=
        std::string::npos);
}

TEST_CASE("the schemas of this program load, with a method for each file") {
  const auto schemas = load_schemas();
  INFO(schemas.status().message());
  REQUIRE(schemas.is_ok());
  for (const char* name : {"none", "adasteer", "obc", "full"}) {
    CHECK(schemas->find_method(name) != nullptr);
  }
  CHECK(schemas->metrics.at("lpips").higher_is_better == false);
  CHECK(schemas->metrics.at("psnr").higher_is_better);
  CHECK(schemas->backbones.count("longcat-video") == 1);
  CHECK(schemas->presets.count("adasteer-2026") == 1);
  const auto& columns = schemas->result_columns;
  CHECK(std::count(columns.begin(), columns.end(), "train_s") == 1);
}

TEST_CASE("every whole number has a largest value, so that no plan or price overflows or runs on") {
  const auto schemas = load_schemas();
  REQUIRE(schemas.is_ok());
  std::size_t checked = 0;
  for (const std::string& name : schemas->parameter_names()) {
    const ParameterSchema& parameter = *schemas->find_parameter(name);
    const bool keys_noise = name == "seed" || name == "replicate";
    if (parameter.type != Type::kInt || keys_noise) continue;
    INFO(name);
    CHECK((parameter.max.has_value() || !parameter.at_most.empty()));
    ++checked;
  }
  CHECK(checked >= 20);
}

TEST_CASE("a method that does not train has no adaptation parameters") {
  const auto schemas = load_schemas();
  REQUIRE(schemas.is_ok());
  const MethodSchema& none = *schemas->find_method("none");
  CHECK_FALSE(none.trains);
  CHECK(none.parameters.count("lr") == 0);
  CHECK(none.parameters.count("cond_frames") == 1);
}

TEST_CASE("a backbone has parameters and defaults of its own") {
  const auto schemas = load_schemas();
  REQUIRE(schemas.is_ok());
  const auto& longcat = schemas->find_method("full", "longcat-video")->parameters;
  const auto& wan = schemas->find_method("full", "wan2.1")->parameters;
  for (const char* name : {"enhance_hf", "distill", "use_kv_cache", "loss_target"}) {
    INFO(name);
    CHECK(longcat.count(name) == 1);
    CHECK(wan.count(name) == 0);
  }
  CHECK(longcat.count("solver") == 0);
  CHECK(wan.at("solver").values == std::vector<std::string>{"unipc", "euler", "dpm++"});
  CHECK(longcat.at("guidance").default_value == Value(4.0));
  CHECK(wan.at("guidance").default_value == Value(5.0));
  CHECK(schemas->find_method("none", "longcat-video")->parameters.count("loss_target") == 0);
  // All backbones together know every name, and every value of it.
  const ParameterSchema* solver = schemas->find_parameter("solver");
  REQUIRE(solver != nullptr);
  for (const char* value : {"unipc", "ddim"}) {
    CHECK(std::count(solver->values.begin(), solver->values.end(), value) == 1);
  }
  CHECK(schemas->on("wan2.1").find_parameter("enhance_hf") == nullptr);
  for (const auto& [backbone, doc] : schemas->backbones) {
    INFO(backbone);
    CHECK(schemas->published_facts.at(backbone).size() == 3);
  }
  CHECK(schemas->published_facts.at("open-sora").at("blocks") == 57);
  CHECK(schemas->published_facts.at("wan2.2").at("hidden_size") == 3072);
}

TEST_CASE("a method takes the shared parameters and may replace a default") {
  const auto schemas = load_schemas({{"run.yaml", kRun},
                                     {"adaptation.yaml", kAdaptation},
                                     {"optimizer.yaml", kOptimizer},
                                     {"together.yaml", kTogether},
                                     {"methods/full.yaml", kMethod}});
  INFO(schemas.status().message());
  REQUIRE(schemas.is_ok());
  const auto& parameters = schemas->find_method("full")->parameters;
  REQUIRE(parameters.size() == 4);
  CHECK(parameters.at("lr").default_value == Value(1e-5));
  CHECK(parameters.at("lr").above == 0.0);
  CHECK(parameters.at("lr").role == Role::kReplay);
  CHECK_FALSE(parameters.at("own").default_value.has_value());
  CHECK(parameters.at("metrics").default_value == Value(Value::List{"psnr", "ssim"}));
}

TEST_CASE("a wrong schema is refused with its place") {
  CHECK(errors_of("parameters:\n  a: {type: integer, doc: d}\n", kMethod)
            .find("schemas/run.yaml:2:13: unknown type, got 'integer'") == 0);
  CHECK(errors_of("parameters:\n  a: {type: int, min: 3, default: 2, doc: d}\n", kMethod)
            .find("a: expected at least 3, got 2") != std::string::npos);
  CHECK(errors_of("parameters:\n  a: {type: int, defualt: 2, doc: d}\n", kMethod)
            .find("did you mean 'default'?") != std::string::npos);
  CHECK(errors_of("parameters:\n  a: {type: int}\n", kMethod).find("needs `type` and `doc`") !=
        std::string::npos);
  CHECK(errors_of(kRun, "method: full\ntrains: true\nparameters:\n  lr: {default: 1, min: 2}\n")
            .find("unknown key 'min' in the repeated parameter 'lr'") != std::string::npos);
  CHECK(load_schemas({{"run.yaml", kRun}}).status().message().find("adaptation.yaml is missing") !=
        std::string::npos);
}

TEST_CASE("a parameter that was added later has a default, which no method changes") {
  const auto with = [](const std::string& added) {
    return std::string("parameters:\n  added: {type: bool, since: 0.2.0, doc: d") + added + "}\n";
  };
  CHECK(errors_of(with(", default: false"), kMethod).empty());
  CHECK(errors_of(with(""), kMethod).find("'added' has `since` and needs a default") !=
        std::string::npos);
  CHECK(errors_of(with(", default: false"),
                  "method: full\ntrains: true\nacts_on: [output]\nparameters:\n  added: {default: "
                  "true}\n")
            .find("a method cannot change its default") != std::string::npos);
}

TEST_CASE("a method that trains says what it acts on") {
  CHECK(errors_of(kRun, "method: full\ntrains: true\nparameters: {}\n")
            .find("method 'full' trains and needs `acts_on`") != std::string::npos);
  CHECK(errors_of(kRun, "method: full\ntrains: true\nacts_on: [weights]\nparameters: {}\n")
            .find("unknown part 'weights' in acts_on") != std::string::npos);
}

TEST_CASE("a name has one type in all methods") {
  const auto schemas =
      load_schemas({{"run.yaml", "parameters: {}"},
                    {"adaptation.yaml", "parameters: {}"},
                    {"optimizer.yaml", "parameters: {}"},
                    {"together.yaml", "parameters: {}"},
                    {"methods/a.yaml", "method: a\nparameters:\n  k: {type: int, doc: d}\n"},
                    {"methods/b.yaml", "method: b\nparameters:\n  k: {type: float, doc: d}\n"}});
  CHECK(schemas.status().message().find("'k' is float here and int in another method") !=
        std::string::npos);
}

TEST_CASE("values are typed by their schema") {
  const auto read = [](const std::string& text, Type type) {
    const SourceFile file = make_source("a.yaml", "v: " + text);
    Diagnostics diagnostics;
    const Node root = parse_yaml(file, diagnostics);
    const auto value = read_value(*root.find("v"), type, "v", diagnostics);
    return value ? canonical_text(*value) : diagnostics.status().message();
  };
  CHECK(read("1e-5", Type::kFloat) == "1e-05");
  CHECK(read("5e-3", Type::kFloat) == "0.005");
  CHECK(read("1.0E-5", Type::kFloat) == "1e-05");
  CHECK(read("1", Type::kFloat) == "1.0");
  CHECK(read("-0.0", Type::kFloat) == "0.0");
  CHECK(read("7", Type::kInt) == "7");
  CHECK(read("true", Type::kBool) == "true");
  CHECK(read("2c7g", Type::kText) == "\"2c7g\"");
  CHECK(read("no", Type::kText) == "\"no\"");
  CHECK(read("[0.25, 1]", Type::kFloatList) == "[0.25,1.0]");
  CHECK(read("1.5", Type::kInt).find("v: expected an int, got '1.5'") != std::string::npos);
  CHECK(read("1e3", Type::kInt).find("expected an int") != std::string::npos);
  CHECK(read("0", Type::kInt) == "0");
  CHECK(read("0010", Type::kText) == "\"0010\"");
  for (const char* ambiguous : {"010", "-010", "08", "00"}) {
    for (const Type type : {Type::kInt, Type::kFloat}) {
      CHECK(read(ambiguous, type).find("; remove the leading zero") != std::string::npos);
    }
  }
  CHECK(read("99999999999999999999", Type::kInt).find("expected an int") != std::string::npos);
  CHECK(read("\"0.01\"", Type::kFloat).find("expected a float, got string '0.01'") !=
        std::string::npos);
  CHECK(read("nan", Type::kFloat).find("expected a float") != std::string::npos);
  CHECK(read("1e999", Type::kFloat).find("expected a float") != std::string::npos);
  CHECK(read("yes", Type::kBool).find("expected true or false, got 'yes'") != std::string::npos);
  CHECK(read("0.25,0.5", Type::kFloatList).find("expected a list of float") != std::string::npos);
  CHECK(read("[0.25, x]", Type::kFloatList).find("v[1]: expected a float, got 'x'") !=
        std::string::npos);
}
