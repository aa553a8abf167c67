#pragma once

#include <string>

#include "base/status.h"
#include "coordinator/core/records.h"
#include "record/model.h"
#include "record/share_keys.h"
#include "record/value.h"

namespace cox::service {

/// The share keys of a run, by the schemas of this program; none for a method that they lack.
ShareKeys share_keys_of(const std::string& method, const Parameters& parameters,
                        const ModelFiles& files);

/// Sets the share keys of every run of a snapshot: they follow from the rest, and are not stored.
/// Completes the parameters with those that the schemas gained since (docs/adr/0009).
/// Fails with kDataLoss for a run that cannot be read.
Status set_share_keys(core::Snapshot& snapshot);

}  // namespace cox::service
