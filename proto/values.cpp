#include "proto/values.h"

#include <utility>

namespace cox {

v1::Value to_proto(const Value& value) {
  struct Writer {
    v1::Value message;
    void operator()(bool v) { message.set_boolean(v); }
    void operator()(std::int64_t v) { message.set_integer(v); }
    void operator()(double v) { message.set_real(v); }
    void operator()(const std::string& v) { message.set_text(v); }
    void operator()(const Value::List& list) {
      v1::ValueList* items = message.mutable_list();  // an empty list is still a list
      for (const Value& item : list) *items->add_items() = to_proto(item);
    }
  };
  Writer writer;
  std::visit(writer, value.data);
  return std::move(writer.message);
}

Result<Value> from_proto(const v1::Value& value) {
  switch (value.kind_case()) {
    case v1::Value::kBoolean:
      return Value(value.boolean());
    case v1::Value::kInteger:
      return Value(static_cast<std::int64_t>(value.integer()));
    case v1::Value::kReal:
      return Value(value.real());
    case v1::Value::kText:
      return Value(value.text());
    case v1::Value::kList: {
      Value::List list;
      for (const v1::Value& item : value.list().items()) {
        if (item.kind_case() == v1::Value::kList) {
          return invalid_argument("a list inside a list is no parameter value");
        }
        COX_ASSIGN_OR_RETURN(Value element, from_proto(item));
        list.push_back(std::move(element));
      }
      return Value(std::move(list));
    }
    case v1::Value::KIND_NOT_SET:
      break;
  }
  return invalid_argument(
      "a parameter value has no kind; expected bool, integer, real, text, list");
}

Result<Parameters> parameters_from_proto(const google::protobuf::Map<std::string, v1::Value>& map) {
  Parameters parameters;
  for (const auto& [name, message] : map) {
    Result<Value> value = from_proto(message);
    if (!value.is_ok()) return value.status().with_context("parameter '" + name + "'");
    parameters.emplace(name, std::move(value).value());
  }
  return parameters;
}

}  // namespace cox
