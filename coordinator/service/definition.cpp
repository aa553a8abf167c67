#include "coordinator/service/definition.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

namespace cox::service {

std::string definition_of(const v1::ModelFiles& files) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    COX_CHECK(files.SerializeToCodedStream(&coded), "a message in memory can be serialized");
  }
  return bytes;
}

Result<v1::ModelFiles> read_definition(const std::string& stored, const std::string& run_digest) {
  v1::ModelFiles files;
  if (files.ParseFromString(stored)) return files;
  return Status(StatusCode::kDataLoss,
                fmt::format("run {}: its stored definition is not readable; restore the database "
                            "from a backup",
                            run_digest));
}

}  // namespace cox::service
