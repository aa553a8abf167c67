#pragma once

#include <string_view>
#include <tuple>
#include <type_traits>

namespace cox {

/// One field of a record: the name that the wire, the database, JSON and tables use for it, its
/// unit and its meaning.
template <typename Record, typename Type>
struct Field {
  std::string_view name;
  std::string_view unit;     ///< "s", "us", "bytes", "1"; "" for a field without a unit
  std::string_view meaning;  ///< one sentence, for people
  Type Record::*member;
};

template <typename Record, typename Type>
Field(const char*, const char*, const char*, Type Record::*) -> Field<Record, Type>;

/// A type that declares its fields: `static constexpr auto fields()` returns a tuple of Field, one
/// for each member, in the order of the members.
template <typename T>
concept HasFields = requires {
  T::fields();
};

template <HasFields Record>
constexpr std::size_t kFieldCount = std::tuple_size_v<decltype(Record::fields())>;

/// Calls `visit(field)` for each field of the type.
template <HasFields Record, typename Visit>
constexpr void for_each_field(Visit&& visit) {
  std::apply([&](const auto&... field) { (visit(field), ...); }, Record::fields());
}

/// Calls `visit(field, value)` for each field of the record; `value` refers to the member.
template <typename Record, typename Visit>
requires HasFields<std::remove_cvref_t<Record>>
constexpr void for_each_field(Record&& record, Visit&& visit) {
  std::apply([&](const auto&... field) { (visit(field, record.*(field.member)), ...); },
             std::remove_cvref_t<Record>::fields());
}

}  // namespace cox
