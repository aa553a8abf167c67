#include "coordinator/sweep/yaml_tree.h"

#include <catch2/catch.hpp>
#include <string>

using namespace cox::sweep;

namespace {

std::string errors_of(const std::string& text) {
  const SourceFile file = make_source("a.yaml", text);
  Diagnostics diagnostics;
  parse_yaml(file, diagnostics);
  return diagnostics.status().message();
}

}  // namespace

TEST_CASE("every key and value knows its place") {
  const SourceFile file = make_source("a.yaml", "params:\n  lr: 1e-3\n  list: [1, \"x\"]\n");
  Diagnostics diagnostics;
  const Node root = parse_yaml(file, diagnostics);
  REQUIRE(diagnostics.ok());
  const Node* params = root.find("params");
  REQUIRE(params != nullptr);
  REQUIRE(params->entries.size() == 2);
  CHECK(location(params->entries[0].key_at) == "a.yaml:2:3");
  CHECK(location(params->find("lr")->at) == "a.yaml:2:7");
  const Node* list = params->find("list");
  CHECK(location(list->items[1].at) == "a.yaml:3:13");
  CHECK_FALSE(list->items[0].quoted);
  CHECK(list->items[1].quoted);
}

TEST_CASE("a duplicate key is an error that names the first") {
  CHECK(errors_of("lr: 1\nsteps: 2\nlr: 3\n") ==
        "a.yaml:3:1: duplicate key 'lr', first given in line 1\n"
        "    lr: 3\n"
        "    ^");
  // Once for each repetition, with the first of all.
  const std::string third = errors_of("lr: 1\nlr: 2\nlr: 3\n");
  CHECK(third.find("a.yaml:3:1: duplicate key 'lr', first given in line 1\n") != std::string::npos);
  CHECK(third.find("first given in line 2") == std::string::npos);
}

TEST_CASE("what would hide where a value comes from is refused") {
  CHECK(errors_of("a: &x 1\n").find("1:4: anchors (&name) are not supported") != std::string::npos);
  CHECK(errors_of("a: &x 1\nb: *x\n").find("2:4: aliases (*name) are not supported") !=
        std::string::npos);
  CHECK(errors_of("a: !!int 1\n").find("tags are not supported") != std::string::npos);
  CHECK(errors_of("a: 1\n---\nb: 2\n").find("expected a single YAML document, got a second one") !=
        std::string::npos);
  CHECK(errors_of("[1, 2]: 3\n").find("a key must be a string, got a list") != std::string::npos);
}

TEST_CASE("broken YAML is one message with its place") {
  CHECK(errors_of("a: [1, 2\nb: 3\n").find("a.yaml:") == 0);
  CHECK(errors_of("a: [1, 2\nb: 3\n").find("not valid YAML") != std::string::npos);
  CHECK(errors_of("a: \"open\n").find("not valid YAML") != std::string::npos);
  CHECK(errors_of(std::string(40, '[') + std::string(40, ']')).find("more than 32 levels") !=
        std::string::npos);
  CHECK(errors_of(std::string(100'000, '[')).find("not valid YAML") != std::string::npos);
}

TEST_CASE("the caret stands below its character after tabs and letters of several bytes") {
  const SourceFile file = make_source("a.yaml", "\xC3\xA9\xC3\xA9: \tbad");
  Diagnostics diagnostics;
  diagnostics.error({&file, 1, 6}, "no");
  CHECK(diagnostics.status().message() ==
        "a.yaml:1:6: no\n    \xC3\xA9\xC3\xA9: \tbad\n        \t^");
}

TEST_CASE("errors are bounded, counted and kept once") {
  const SourceFile file = make_source("a.yaml", "x\n");
  Diagnostics diagnostics;
  for (int i = 0; i < 30; ++i) diagnostics.error({&file, 1, 1}, "error " + std::to_string(i));
  diagnostics.error({&file, 1, 1}, "error 0");
  CHECK(diagnostics.count() == 30);
  const std::string message = diagnostics.status().message();
  CHECK(message.find("error 19") != std::string::npos);
  CHECK(message.find("error 20") == std::string::npos);
  CHECK(message.find("... and 10 more errors") != std::string::npos);
}

TEST_CASE("a suggestion comes by edit distance, else by what the names share") {
  const std::vector<std::string> names = {"lr", "steps", "warmup_steps", "groups"};
  CHECK(did_you_mean("stepz", names) == "; did you mean 'steps'?");
  CHECK(did_you_mean("num_step", names) == "; did you mean 'steps'?");
  CHECK(did_you_mean("learning_rate", names).empty());
}

TEST_CASE("merging replaces lists and scalars and merges maps") {
  const SourceFile file = make_source("a", "a: {x: 1, y: [1, 2]}\nb: 1\n");
  const SourceFile over = make_source("b", "a: {y: [3], z: 4}\n");
  Diagnostics diagnostics;
  const Node root = merged(parse_yaml(file, diagnostics), parse_yaml(over, diagnostics));
  REQUIRE(diagnostics.ok());
  const Node* a = root.find("a");
  CHECK(a->find("x")->text == "1");
  CHECK(a->find("y")->items.size() == 1);
  CHECK(location(a->find("y")->at) == "b:1:8");
  CHECK(a->find("z")->text == "4");
  CHECK(root.find("b")->text == "1");
}
