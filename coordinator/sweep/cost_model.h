#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "coordinator/sweep/model_facts.h"
#include "record/value.h"
#include "sharing/price.h"

namespace cox::sweep {

/// Measured rates of a device, by which work is turned into seconds: docs/pricing.md explains where
/// each comes from.
struct DeviceModel {
  const char* name;           ///< of --device-model
  const char* device;         ///< as results call it: cuda or cpu
  const char* name_contains;  ///< what the device's name in results contains; "" = anything
  double products;            ///< FLOP/s of matrix products
  double fp8_products;        ///< the same in generation with dtype fp8, rounding included
  double attention;           ///< FLOP/s of attention, forward
  double attention_backward;  ///< FLOP/s, deterministic
  double elementwise;         ///< s for each byte moved between products; 0 = part of their rates
  double read, encode, decode, measure, write;  ///< s for each million pixels
  double load;                                  ///< s for each byte of the transformer's weights
};

const std::vector<DeviceModel>& device_models();
/// kInvalidArgument with the known names for any other.
Result<DeviceModel> device_model(std::string_view name);

/// The sizes of a transformer that its work follows from.
struct ModelShape {
  double blocks = 0;
  double hidden = 0;
  double time_embedding = 0;

  double parameters() const;
  double product_parameters() const;  ///< of the blocks' layers, modulation left out
};

/// kInvalidArgument when a size is missing or not positive.
Result<ModelShape> model_shape(const ModelFacts& facts);

/// The seconds that the work of a run takes by counting operations.
sharing::UnitSeconds counted_seconds(const std::string& method, const Parameters& parameters,
                                     const ModelShape& model, const DeviceModel& device);

/// Bytes that the run holds at most on each of the `gpus` that do a job together: the weights and
/// what its largest stage keeps, when the backward pass recomputes nothing or every block.
double peak_memory_bytes(const std::string& method, const Parameters& parameters,
                         const ModelShape& model, int gpus = 1, bool recomputes = false);

/// Bytes of one state of what the method trains: the fp32 masters of `full`. What other methods
/// train is far below the bound of what a trajectory keeps, and counts as nothing.
double state_bytes(const std::string& method, const ModelShape& model);

/// Probes of each check; 0 for a run without early stopping.
std::int64_t probes_of(const Parameters& parameters);

/// How many evaluations of the transformer the sampler makes.
std::int64_t evaluations_of(const Parameters& parameters);

}  // namespace cox::sweep
