#pragma once

#include <google/protobuf/message.h>
#include <google/protobuf/reflection.h>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "base/status.h"
#include "record/field.h"
#include "record/value.h"

namespace cox {

// Converts between records and messages: each field of the record corresponds to the message's
// field of the same name. tests/unit/proto checks that both have the same fields.

namespace wire {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};

template <typename T>
struct IsMap : std::false_type {};
template <typename T>
struct IsMap<std::map<std::string, T>> : std::true_type {};

/// Returns the message's fields in the order of the record's fields. A record has one message type.
template <HasFields Record>
const std::array<const FieldDescriptor*, kFieldCount<Record>>& fields_of(const Message& message) {
  static const auto kFields = [&] {
    std::array<const FieldDescriptor*, kFieldCount<Record>> fields{};
    std::size_t next = 0;
    for_each_field<Record>([&](const auto& field) {
      const FieldDescriptor* found =
          message.GetDescriptor()->FindFieldByName(std::string(field.name));
      COX_CHECK(found != nullptr,
                message.GetTypeName() + " has no field " + std::string(field.name));
      fields[next++] = found;
    });
    return fields;
  }();
  return kFields;
}

template <HasFields Record>
void write_fields(const Record& record, Message& message);
template <HasFields Record>
void read_fields(const Message& message, Record& record);

template <typename T>
void write_list(const std::vector<T>& list, Message& message, const FieldDescriptor* field) {
  const auto* reflection = message.GetReflection();
  if constexpr (HasFields<T>) {
    for (const T& item : list) write_fields(item, *reflection->AddMessage(&message, field));
  } else if constexpr (std::is_same_v<T, std::string>) {
    for (const T& item : list) reflection->AddString(&message, field, item);
  } else {
    auto numbers = reflection->template GetMutableRepeatedFieldRef<T>(&message, field);
    for (const T& item : list) numbers.Add(item);
  }
}

template <typename T>
void read_list(const Message& message, const FieldDescriptor* field, std::vector<T>& list) {
  const auto* reflection = message.GetReflection();
  if constexpr (HasFields<T> || std::is_same_v<T, std::string>) {
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      if constexpr (HasFields<T>) {
        read_fields(reflection->GetRepeatedMessage(message, field, i), list.emplace_back());
      } else {
        list.push_back(reflection->GetRepeatedString(message, field, i));
      }
    }
  } else {
    const auto numbers = reflection->template GetRepeatedFieldRef<T>(message, field);
    list.assign(numbers.begin(), numbers.end());
  }
}

/// A map field is a list of messages with the fields 1 (key) and 2 (value).
template <typename T>
void write_map(const std::map<std::string, T>& map, Message& message,
               const FieldDescriptor* field) {
  const Descriptor* entry_type = field->message_type();
  for (const auto& [key, value] : map) {
    Message& entry = *message.GetReflection()->AddMessage(&message, field);
    entry.GetReflection()->SetString(&entry, entry_type->map_key(), key);
    write_fields(value, *entry.GetReflection()->MutableMessage(&entry, entry_type->map_value()));
  }
}

template <typename T>
void read_map(const Message& message, const FieldDescriptor* field, std::map<std::string, T>& map) {
  const Descriptor* entry_type = field->message_type();
  for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
    const Message& entry = message.GetReflection()->GetRepeatedMessage(message, field, i);
    const std::string key = entry.GetReflection()->GetString(entry, entry_type->map_key());
    read_fields(entry.GetReflection()->GetMessage(entry, entry_type->map_value()), map[key]);
  }
}

template <typename T>
void write_value(const T& value, Message& message, const FieldDescriptor* field) {
  const auto* reflection = message.GetReflection();
  if constexpr (HasFields<T>) {
    write_fields(value, *reflection->MutableMessage(&message, field));
  } else if constexpr (IsVector<T>::value) {
    write_list(value, message, field);
  } else if constexpr (IsMap<T>::value) {
    write_map(value, message, field);
  } else if constexpr (std::is_enum_v<T>) {
    reflection->SetEnumValue(&message, field, static_cast<int>(value));
  } else if constexpr (std::is_same_v<T, std::string>) {
    reflection->SetString(&message, field, value);
  } else if constexpr (std::is_same_v<T, bool>) {
    reflection->SetBool(&message, field, value);
  } else if constexpr (std::is_same_v<T, double>) {
    reflection->SetDouble(&message, field, value);
  } else if constexpr (std::is_same_v<T, std::int32_t>) {
    reflection->SetInt32(&message, field, value);
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    reflection->SetInt64(&message, field, value);
  } else if constexpr (std::is_same_v<T, std::uint32_t>) {
    reflection->SetUInt32(&message, field, value);
  } else {
    static_assert(std::is_same_v<T, std::uint64_t>, "a type that no message has");
    reflection->SetUInt64(&message, field, value);
  }
}

template <typename T>
void read_value(const Message& message, const FieldDescriptor* field, T& value) {
  const auto* reflection = message.GetReflection();
  if constexpr (HasFields<T>) {
    read_fields(reflection->GetMessage(message, field), value);
  } else if constexpr (IsVector<T>::value) {
    read_list(message, field, value);
  } else if constexpr (IsMap<T>::value) {
    read_map(message, field, value);
  } else if constexpr (std::is_enum_v<T>) {
    value = static_cast<T>(reflection->GetEnumValue(message, field));
  } else if constexpr (std::is_same_v<T, std::string>) {
    value = reflection->GetString(message, field);
  } else if constexpr (std::is_same_v<T, bool>) {
    value = reflection->GetBool(message, field);
  } else if constexpr (std::is_same_v<T, double>) {
    value = reflection->GetDouble(message, field);
  } else if constexpr (std::is_same_v<T, std::int32_t>) {
    value = reflection->GetInt32(message, field);
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    value = reflection->GetInt64(message, field);
  } else if constexpr (std::is_same_v<T, std::uint32_t>) {
    value = reflection->GetUInt32(message, field);
  } else {
    static_assert(std::is_same_v<T, std::uint64_t>, "a type that no message has");
    value = reflection->GetUInt64(message, field);
  }
}

template <HasFields Record>
void write_fields(const Record& record, Message& message) {
  const auto* next = fields_of<Record>(message).data();
  for_each_field(record,
                 [&](const auto&, const auto& value) { write_value(value, message, *next++); });
}

template <HasFields Record>
void read_fields(const Message& message, Record& record) {
  const auto* next = fields_of<Record>(message).data();
  for_each_field(record, [&](const auto&, auto& value) { read_value(message, *next++, value); });
}

}  // namespace wire

/// Converts the record to a message.
template <typename Message, HasFields Record>
Message to_proto(const Record& record) {
  Message message;
  wire::write_fields(record, message);
  return message;
}

/// Converts the message to a record. Keeps enumerators that are not defined: check them first.
template <HasFields Record>
Record from_proto(const google::protobuf::Message& message) {
  Record record;
  wire::read_fields(message, record);
  return record;
}

/// Parses the string that canonical_parameters of record/value.h returns. Fails with
/// kInvalidArgument for any other string, including other JSON with the same meaning: equal
/// parameters have one string.
Result<Parameters> parameters_from(const std::string& canonical);

}  // namespace cox
