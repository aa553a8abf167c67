// Lists of methods that act together.
#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "coordinator/sweep/schema.h"
#include "tests/unit/sweep/sandbox.h"

using namespace cox::sweep;
using namespace cox::sweep::test;
using Catch::Contains;
using Names = std::vector<std::string>;

TEST_CASE("methods that act together have their own parameters each, and one loop") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(
      "method: [norm, adasteer]\n"
      "params: {steps: 7, adasteer: {inject: global, lr: 1e-2}, norm: {tensors: qk_norm}}\n");
  REQUIRE(plan.runs.size() == 1);
  const Run& run = plan.runs.front();
  CHECK(run.method == "adasteer+norm");
  CHECK(parameter(run, "steps") == "7");
  CHECK(parameter(run, "adasteer.inject") == "\"global\"");
  CHECK(parameter(run, "adasteer.lr") == "0.01");
  CHECK(parameter(run, "norm.lr") == "0.005");
  CHECK(parameter(run, "norm.tensors") == "\"qk_norm\"");
  CHECK(parameter(run, "adasteer.weight_decay") == "0.01");
  CHECK(parameter(run, "norm.weight_decay") == "0.0");
  CHECK(parameter(run, "clip_together") == "false");
  for (const char* absent : {"lr", "inject", "adasteer.steps", "norm.early_stop.patience"}) {
    INFO(absent);
    CHECK(parameter(run, absent).empty());
  }
}

TEST_CASE("a name without a method is that parameter of each method that has it") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(
      "method: [adasteer, norm]\nparams: {inject: global, lr: 1e-3, norm.lr: 1e-4}\n"
      "runs:\n  - {id: A}\n  - {id: B, lr: 1e-2}\n  - {id: C, adasteer: {lr: 2e-2}}\n");
  const auto rates = [&](const char* run) {
    return parameter(run_named(plan, run), "adasteer.lr") + " " +
           parameter(run_named(plan, run), "norm.lr");
  };
  CHECK(rates("A") == "0.001 1e-04");
  CHECK(rates("B") == "0.01 0.01");  // a row is over params
  CHECK(rates("C") == "0.02 1e-04");
  CHECK(parameter(run_named(plan, "A"), "adasteer.inject") == "\"global\"");
}

TEST_CASE("a list is a value of an axis, and method_params reach the members") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(
      "matrix: {method: [none, adasteer, [adasteer, norm]]}\n"
      "method_params: {adasteer: {groups: 4, lr: 1e-2}, norm: {lr: 1e-4}, trains: {steps: 7}}\n"
      "name: \"{method}\"\nbaseline: none\n");
  CHECK(names_of(plan) == Names{"none", "adasteer", "adasteer+norm"});
  const Run& both = run_named(plan, "adasteer+norm");
  CHECK(parameter(both, "adasteer.groups") == "4");
  CHECK(parameter(both, "adasteer.lr") == "0.01");
  CHECK(parameter(both, "norm.lr") == "1e-04");
  CHECK(parameter(both, "steps") == "7");
  CHECK(parameter(run_named(plan, "adasteer"), "groups") == "4");
}

TEST_CASE("the order of a list means nothing, and each setting of a member changes the digest") {
  const Sandbox sandbox;
  const auto digest = [&](const std::string& text) { return sandbox.plan(text).runs[0].digest; };
  const std::string expected = digest("method: [adasteer, norm]\n");
  CHECK(digest("method: [norm, adasteer]\n") == expected);
  CHECK(digest("method: [adasteer, norm]\nparams: {adasteer: {lr: 5e-3}, norm.lr: 0.005}\n") ==
        expected);
  std::set<std::string> digests = {expected, digest("method: adasteer\n"), digest("method: norm\n"),
                                   digest("method: [adasteer, film]\n")};
  CHECK(digests.size() == 4);
  for (const char* change : {"adasteer.lr: 1e-3", "norm.lr: 1e-3", "adasteer.groups: 2",
                             "norm.tensors: qk_norm", "clip_together: true", "steps: 7"}) {
    INFO(change);
    CHECK(
        digests.insert(digest(std::string("method: [adasteer, norm]\nparams: {") + change + "}\n"))
            .second);
  }
}

TEST_CASE("methods that cannot act together are refused by name") {
  const Sandbox sandbox;
  CHECK_THAT(sandbox.errors("method: [lora, full]\n"),
             Contains("a.yaml:5:9: method: methods 'lora' and 'full' both act on linear_layers and "
                      "cannot act together"));
  CHECK_THAT(sandbox.errors("method: [full, norm]\n"), Contains("both act on norm_parameters"));
  CHECK_THAT(sandbox.errors("method: [none, norm]\n"),
             Contains("method 'none' trains nothing, so it cannot act together with others"));
  CHECK_THAT(sandbox.errors("method: [norm, norm]\n"), Contains("method 'norm' is listed twice"));
  CHECK_THAT(sandbox.errors("method: [norm]\n"), Contains("needs two or more"));
  CHECK_THAT(sandbox.errors("method: [norm, adastear]\n"),
             Contains("unknown method 'adastear'; did you mean 'adasteer'?"));
  CHECK_THAT(sandbox.errors("method: adasteer+norm\n"),
             Contains("write methods that act together as a list: [adasteer, norm]"));
  CHECK_THAT(sandbox.errors("runs: [{id: A, method: [film, film]}]\n"),
             Contains("method 'film' is listed twice"));
}

TEST_CASE("parameters of methods that act together are checked by member") {
  const Sandbox sandbox;
  const std::string both = "method: [adasteer, norm]\n";
  CHECK_THAT(sandbox.errors(both + "params: {adasteer.groups: 49}\n"),
             Contains("adasteer.groups: expected at most 48"));
  CHECK_THAT(sandbox.errors(both + "params: {adasteer: {inject: global, groups: 2}}\n"),
             Contains("groups: inject global requires one group, got groups 2") &&
                 Contains("adasteer.groups = 2"));
  CHECK_THAT(sandbox.errors(both + "params: {norm.lr: -1}\n"),
             Contains("norm.lr: expected at least 0"));
  CHECK_THAT(sandbox.errors(both + "params: {norm.groups: 1}\n"),
             Contains("unknown key 'norm.groups'"));
  CHECK_THAT(sandbox.errors("method: norm\nparams: {clip_together: true}\n"),
             Contains("only runs whose methods act together have it"));
  CHECK_THAT(sandbox.errors(both + "params: {clip_together: true, norm.max_grad_norm: 2}\n"),
             Contains("clip_together: requires one max_grad_norm"));
  CHECK_THAT(sandbox.errors(both + "method_params: {norm: {steps: 3}}\n"),
             Contains("'steps' is one for all methods that act together"));
  CHECK_THAT(sandbox.errors(both + "check: [\"lr < 1\"]\n"),
             Contains("each of the methods 'adasteer+norm' has its own 'lr'") &&
                 Contains("adasteer.lr, norm.lr"));
  CHECK(sandbox.plan(both + "check: [\"adasteer.lr < 1 && groups == 1\"]\n").runs.size() == 1);
}

TEST_CASE("derive reaches every member, and a preset each by its own") {
  const Sandbox sandbox;
  const auto derived = sandbox.plan(
      "method: [adasteer, norm]\nparams: {norm.lr: 3e-4}\nderive: {lr: \"1 / 100\"}\n");
  CHECK(parameter(derived.runs[0], "adasteer.lr") == "0.01");
  CHECK(parameter(derived.runs[0], "norm.lr") == "0.01");
  const auto study = sandbox.plan("method: [adasteer, norm]\nreplicate: adasteer-2026\n");
  const Run& run = study.runs[0];
  CHECK(parameter(run, "clip_together") == "true");
  CHECK(parameter(run, "norm.form") == "\"in_place\"");
  CHECK(parameter(run, "norm.param_dtype") == "\"bf16\"");
  CHECK(parameter(run, "adasteer.param_dtype") == "\"fp32\"");
  CHECK(parameter(run, "loss_target") == "\"noise_minus_clean\"");
}

TEST_CASE("settings of members that mean the same are named") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(
      "method: [adasteer, lora]\nmatrix: {adasteer.delta_dim: [0, 512]}\nname: d{index}\n");
  REQUIRE(plan.equal_in_effect.size() == 1);
  CHECK(plan.equal_in_effect[0].parameters == Names{"adasteer.delta_dim"});
}

TEST_CASE("every pair of methods that acts on different parts has a schema") {
  const auto schemas = load_schemas().value();
  std::size_t pairs = 0;
  for (const std::string& a : schemas.method_names()) {
    for (const std::string& b : schemas.method_names()) {
      if (a >= b || !schemas.joint_error({a, b}).empty()) continue;
      ++pairs;
      const MethodSchema* joint = schemas.find_method(a + "+" + b);
      REQUIRE(joint != nullptr);
      CHECK(joint->trains);
      CHECK(joint->parameters.count("steps") == 1);
      CHECK(joint->parameters.count(a + ".lr") == 1);
      CHECK(joint->parameters.count(b + ".lr") == 1);
      CHECK(schemas.find_method(b + "+" + a) == nullptr);
    }
  }
  CHECK(pairs == 19);  // 7 * 6 / 2 without full+lora and full+norm
}
