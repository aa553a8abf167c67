#include "proto/convert.h"

#include <catch2/catch.hpp>

#include "cox/v1/sweep.pb.h"
#include "cox/v1/worker.pb.h"
#include "record/job.h"
#include "record/limits.h"
#include "record/submission.h"

using namespace cox;  // NOLINT: a test

namespace {

using google::protobuf::FieldDescriptor;

template <typename T>
FieldDescriptor::CppType wire_type() {
  if constexpr (HasFields<T> || wire::IsMap<T>::value)
    return FieldDescriptor::CPPTYPE_MESSAGE;
  else if constexpr (wire::IsVector<T>::value)
    return wire_type<typename T::value_type>();
  else if constexpr (std::is_enum_v<T>)
    return FieldDescriptor::CPPTYPE_ENUM;
  else if constexpr (std::is_same_v<T, std::string>)
    return FieldDescriptor::CPPTYPE_STRING;
  else if constexpr (std::is_same_v<T, bool>)
    return FieldDescriptor::CPPTYPE_BOOL;
  else if constexpr (std::is_same_v<T, double>)
    return FieldDescriptor::CPPTYPE_DOUBLE;
  else if constexpr (std::is_same_v<T, float>)
    return FieldDescriptor::CPPTYPE_FLOAT;
  else if constexpr (std::is_same_v<T, std::int32_t>)
    return FieldDescriptor::CPPTYPE_INT32;
  else if constexpr (std::is_same_v<T, std::int64_t>)
    return FieldDescriptor::CPPTYPE_INT64;
  else if constexpr (std::is_same_v<T, std::uint32_t>)
    return FieldDescriptor::CPPTYPE_UINT32;
  else
    return FieldDescriptor::CPPTYPE_UINT64;
}

/// Every field of the record is one of the message, of the same name and type, and the reverse.
template <typename Record, typename Message>
void check_same_fields() {
  const auto* type = Message::descriptor();
  INFO(type->full_name());
  CHECK(static_cast<std::size_t>(type->field_count()) == kFieldCount<Record>);
  const Record record;
  for_each_field(record, [&](const auto& field, const auto& value) {
    using T = std::remove_cvref_t<decltype(value)>;
    INFO(field.name);
    const FieldDescriptor* found = type->FindFieldByName(std::string(field.name));
    REQUIRE(found != nullptr);
    CHECK(found->cpp_type() == wire_type<T>());
    CHECK(found->is_map() == wire::IsMap<T>::value);
    CHECK(found->is_repeated() == (wire::IsVector<T>::value || wire::IsMap<T>::value));
  });
}

JobOutput full_output() {
  JobOutput output;
  output.metrics = {{"psnr", 21.5, {20.0, 23.0}, {}}, {"fvd", 0.75, {}, {0.5F, -1.25F}}};
  output.timings = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  output.adaptation = {512, 20, 15, true, {0.5, 0.25}, {0.75}, 0.125};
  output.provenance.device_name = "EPYC";
  output.provenance.torch_version = "2.11";
  output.provenance.threads = 3;
  output.provenance.kernels = "fused+cudnn";
  output.provenance.backbone_checksum = ~0ULL;
  output.generated_path = "/out/g.mkv";
  output.reference_path = "/out/r.mkv";
  output.reference_digest = "digest of frames";
  output.scored_frames = 14;
  output.peak_memory_bytes = 1LL << 40;
  output.shared_with = {"one", "two"};
  return output;
}

}  // namespace

TEST_CASE("records and messages have the same fields") {
  check_same_fields<StageTimings, v1::StageTimings>();
  check_same_fields<Provenance, v1::Provenance>();
  check_same_fields<AdaptationSummary, v1::AdaptationSummary>();
  check_same_fields<MetricValue, v1::MetricValue>();
  check_same_fields<JobOutput, v1::JobOutput>();
  check_same_fields<JobFailure, v1::JobFailure>();
  check_same_fields<ShareKeys, v1::ShareKeys>();
  check_same_fields<Video, v1::Video>();
  check_same_fields<WeightFile, v1::WeightFile>();
  check_same_fields<ModelFiles, v1::ModelFiles>();
  check_same_fields<RetryLimits, v1::RetryLimits>();
  check_same_fields<FailurePolicy, v1::FailurePolicy>();
  check_same_fields<Resources, v1::Resources>();
  check_same_fields<ResultTable, v1::ResultTable>();
  check_same_fields<EquivalenceMargin, v1::EquivalenceMargin>();
  check_same_fields<KnownRun, v1::KnownRun>();
  check_same_fields<SubmissionAnswer, v1::SubmitReply>();
}

TEST_CASE("an output keeps every number on its way to the wire") {
  const auto message = to_proto<v1::JobOutput>(full_output());
  REQUIRE(message.metrics_size() == 2);
  CHECK(message.metrics(1).name() == "fvd");
  CHECK(message.metrics(1).features(1) == -1.25F);
  CHECK(message.metrics(0).per_frame(1) == 23.0);
  CHECK(message.timings().load_model_s() == 1);
  CHECK(message.timings().train_s() == 4);
  CHECK(message.timings().early_stop_s() == 5);
  CHECK(message.timings().alone_s() == 10);
  CHECK(message.timings().spent_s() == 11);
  CHECK(message.adaptation().stopped());
  CHECK(message.adaptation().losses(1) == 0.25);
  CHECK(message.adaptation().anchor_losses(0) == 0.75);
  CHECK(message.adaptation().parameter_norm() == 0.125);
  CHECK(message.provenance().device_name() == "EPYC");
  CHECK(message.provenance().torch_version() == "2.11");
  CHECK(message.provenance().threads() == 3);
  CHECK(message.provenance().kernels() == "fused+cudnn");
  CHECK(message.provenance().backbone_checksum() == ~0ULL);
  CHECK(message.reference_path() == "/out/r.mkv");
  CHECK(message.reference_digest() == "digest of frames");
  CHECK(message.peak_memory_bytes() == 1LL << 40);
  CHECK(message.shared_with(1) == "two");
}

TEST_CASE("a record is equal after the way to the wire and back") {
  const JobOutput output = full_output();
  v1::JobOutput received;
  REQUIRE(received.ParseFromString(to_proto<v1::JobOutput>(output).SerializeAsString()));
  CHECK(from_proto<JobOutput>(received) == output);

  ModelFiles files{"longcat-video", "/models/tiny", "model", {{"/a", "lora", 0.5}}, {}};
  files.metric_weights["lpips"] = {"/b", "weights", 1};
  v1::ModelFiles files_received;
  REQUIRE(files_received.ParseFromString(to_proto<v1::ModelFiles>(files).SerializeAsString()));
  CHECK(from_proto<ModelFiles>(files_received) == files);
}

TEST_CASE("causes of failure have the wire's numbers") {
  const std::pair<FailureCause, v1::FailureCause> causes[] = {
      {FailureCause::kNone, v1::FAILURE_CAUSE_UNSPECIFIED},
      {FailureCause::kData, v1::FAILURE_CAUSE_DATA},
      {FailureCause::kOom, v1::FAILURE_CAUSE_OOM},
      {FailureCause::kDiverged, v1::FAILURE_CAUSE_DIVERGED},
      {FailureCause::kCrash, v1::FAILURE_CAUSE_CRASH},
      {FailureCause::kTimeout, v1::FAILURE_CAUSE_TIMEOUT},
      {FailureCause::kLost, v1::FAILURE_CAUSE_LOST},
      {FailureCause::kUser, v1::FAILURE_CAUSE_USER}};
  for (const auto& [cause, expected] : causes) {
    const auto message = to_proto<v1::JobFailure>(JobFailure{cause, "m", "d"});
    CHECK(message.cause() == expected);
    CHECK(message.message() == "m");
    CHECK(message.detail() == "d");
    CHECK(from_proto<JobFailure>(message).cause == cause);
  }
}

TEST_CASE("parameters keep type and value in their canonical string") {
  const Parameters parameters = {{"flag", true},
                                 {"integer", 14},
                                 {"real", 0.1},
                                 {"whole", 1.0},
                                 {"text", "a \"b\"\n\u00e9"},
                                 {"empty", ""},
                                 {"none", Value::List{}},
                                 {"list", Value::List{1, 2}}};
  const auto back = parameters_from(canonical_parameters(parameters));
  INFO(back.status().message());
  REQUIRE(back.is_ok());
  CHECK(*back == parameters);
}

TEST_CASE("equal parameters have one string; other strings are rejected") {
  CHECK(parameters_from(R"({"a":1,"b":0.5})").is_ok());
  for (const char* text :
       {R"({"b":0.5,"a":1})", R"({"a":1, "b":0.5})", R"({"a":1,"b":0.50})", R"({"a":null})",
        R"({"a":{}})", R"({"a":18446744073709551615})", R"({"a":1,"a":1})", "[]", "", "{"}) {
    INFO(text);
    CHECK(parameters_from(text).status().code() == StatusCode::kInvalidArgument);
  }
}
