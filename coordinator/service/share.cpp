#include "coordinator/service/share.h"

#include <fmt/format.h>

#include "coordinator/service/definition.h"
#include "coordinator/sweep/added_parameters.h"
#include "coordinator/sweep/share_keys.h"
#include "proto/convert.h"

namespace cox::service {

namespace {

const sweep::Schemas& schemas() {
  static const sweep::Schemas loaded = [] {
    Result<sweep::Schemas> result = sweep::load_schemas();
    COX_CHECK(result.is_ok(), result.status().message());
    return std::move(result).value();
  }();
  return loaded;
}

Status set_share_keys(core::RunRecord& run) {
  COX_ASSIGN_OR_RETURN(const v1::ModelFiles files, read_definition(run.definition, run.digest));
  Result<Parameters> parameters = parameters_from(run.parameters_json);
  if (!parameters.is_ok()) {
    return Status(StatusCode::kDataLoss,
                  fmt::format("run {}: its stored parameters are not readable: {}; restore the "
                              "database from a backup",
                              run.digest, parameters.status().message()));
  }
  // An earlier program did not know them; they have the default that it meant.
  const ModelFiles model = from_proto<ModelFiles>(files);
  parameters->merge(sweep::added_parameters(run.method, model.backbone));
  run.parameters_json = canonical_parameters(*parameters);
  run.share = share_keys_of(run.method, *parameters, model);
  return Status::ok();
}

}  // namespace

ShareKeys share_keys_of(const std::string& method, const Parameters& parameters,
                        const ModelFiles& files) {
  const sweep::MethodSchema* schema = schemas().find_method(method, files.backbone);
  return schema == nullptr ? ShareKeys{} : sweep::share_keys(*schema, parameters, files);
}

Status set_share_keys(core::Snapshot& snapshot) {
  for (core::RunRecord& run : snapshot.runs) COX_RETURN_IF_ERROR(set_share_keys(run));
  return Status::ok();
}

}  // namespace cox::service
