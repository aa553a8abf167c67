#pragma once

#include "coordinator/sweep/schema.h"
#include "coordinator/sweep/sweep_file.h"
#include "coordinator/sweep/yaml_tree.h"

namespace cox::sweep {

/// Readers of the sections that do not set parameters. Each reports errors and continues.
void read_series(const Node& node, Series& series, Diagnostics& diagnostics);
void read_dataset(const Node& node, DatasetSection& dataset, Diagnostics& diagnostics);
void read_backbone(const Node& node, const Schemas& schemas, BackboneSection& backbone,
                   Diagnostics& diagnostics);
void read_retry(const Node& node, RetryLimits& retry, Diagnostics& diagnostics);
void read_policy(const Node& node, FailurePolicy& policy, StopRule& stop, Diagnostics& diagnostics);
void read_tables(const Node& node, const Schemas& schemas, std::vector<TableSection>& tables,
                 Diagnostics& diagnostics);
void read_baseline(const Node& node, std::optional<LocatedText>& baseline,
                   Diagnostics& diagnostics);
std::vector<LocatedText> read_controls(const Node& node, Diagnostics& diagnostics);
std::vector<EquivalenceMargin> read_equivalence(const Node& node, Diagnostics& diagnostics);
RetentionSection read_keep(const Node& node, Diagnostics& diagnostics);
/// `time_limit`: see SweepFile.
void read_resources(const Node& node, Resources& resources, DurationUs& time_limit,
                    Diagnostics& diagnostics);
/// The time under `key`, if there is one: "500ms", "10s", "10m", "2h".
void read_duration(const Node& map, const char* key, DurationUs& duration,
                   Diagnostics& diagnostics);
std::map<std::string, std::string> read_labels(const Node& node, Diagnostics& diagnostics);

}  // namespace cox::sweep
