#pragma once

#include "engine/metrics/metric.h"
#include "engine/metrics/script_network.h"
#include "engine/metrics/weights_origin.h"

namespace cox::engine {

/// A TorchScript file made by scripts/convert_torchscript.py, and its statement about its weights.
struct UserNetwork {
  /// Throws EngineError(kUser) unless the file states that it holds the network `name`.
  UserNetwork(const std::string& name, const MetricResources& resources)
      : network(ScriptNetwork::load(resources.weights, resources.device)),
        origin(read_origin(network.stated(), resources.weights, name,
                           "scripts/convert_torchscript.py " + name)) {}

  ScriptNetwork network;
  WeightsOrigin origin;
};

}  // namespace cox::engine
