#include "coordinator/sweep/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <set>
#include <utility>

#include "base/text.h"
#include "record/method_name.h"

namespace cox::sweep {

std::vector<std::string> MethodSchema::targets(const std::string& parameter) const {
  if (parameters.count(parameter) != 0) return {parameter};
  std::vector<std::string> found;
  for (const std::string& member : methods_of(name)) {
    const std::string own_name = member_parameter(member, parameter);
    if (parameters.count(own_name) != 0) found.push_back(own_name);
  }
  return found;
}

/// The schemas of methods that act together, made when they are first asked for.
class JointMethods {
 public:
  using Methods = std::map<std::string, MethodSchema>;

  /// `methods` are those of `backbone`, "" for all backbones together.
  const MethodSchema* find(const std::string& name, const std::string& backbone,
                           const Methods& methods, const Schemas& schemas) {
    const std::lock_guard lock(mutex_);
    std::unique_ptr<MethodSchema>& made = made_[{name, backbone}];
    if (made != nullptr) return made.get();
    const std::vector<std::string> members = methods_of(name);
    if (joint_method_name(members) != name || !schemas.joint_error(members).empty()) return nullptr;
    made = std::make_unique<MethodSchema>(make(name, members, methods, schemas.together));
    return made.get();
  }

 private:
  static MethodSchema make(const std::string& name, const std::vector<std::string>& members,
                           const Methods& methods,
                           const std::map<std::string, ParameterSchema>& together) {
    MethodSchema joint;
    joint.name = name;
    joint.trains = true;
    joint.parameters = together;
    std::vector<std::string> titles;
    for (const std::string& member : members) {
      const MethodSchema& method = methods.at(member);
      titles.push_back(method.title);
      joint.acts_on.insert(joint.acts_on.end(), method.acts_on.begin(), method.acts_on.end());
      joint.refusals.insert(joint.refusals.end(), method.refusals.begin(), method.refusals.end());
      for (const auto& [parameter, schema] : method.parameters) {
        const bool is_own = method.own.count(parameter) != 0;
        joint.parameters.emplace(is_own ? member_parameter(member, parameter) : parameter, schema);
      }
    }
    joint.title = join(titles, " and ");
    joint.doc = "Methods that act together.";
    return joint;
  }

  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<MethodSchema>> made_;
};

const MethodSchema* Schemas::find_method(std::string_view name) const {
  const std::string text(name);
  const auto found = methods.find(text);
  if (found != methods.end()) return &found->second;
  if (joint == nullptr || methods_of(text).size() < 2) return nullptr;
  return joint->find(text, "", methods, *this);
}

std::string Schemas::joint_error(const std::vector<std::string>& names) const {
  std::map<std::string, std::string> owners;  // of what is acted on
  std::set<std::string> seen;
  for (const std::string& name : names) {
    const auto method = methods.find(name);
    if (method == methods.end()) return fmt::format("unknown method '{}'", name);
    if (!seen.insert(name).second) return fmt::format("method '{}' is listed twice", name);
    if (!method->second.trains) {
      return fmt::format("method '{}' trains nothing, so it cannot act together with others", name);
    }
    for (const std::string& part : method->second.acts_on) {
      const auto [owner, is_free] = owners.emplace(part, name);
      if (is_free) continue;
      return fmt::format("methods '{}' and '{}' both act on {} and cannot act together",
                         owner->second, name, part);
    }
  }
  return "";
}

const MethodSchema* Schemas::find_method(std::string_view name, const std::string& backbone) const {
  const auto of_backbone = methods_on.find(backbone);
  if (of_backbone == methods_on.end()) return find_method(name);
  const std::string text(name);
  const auto found = of_backbone->second.find(text);
  if (found != of_backbone->second.end()) return &found->second;
  if (joint == nullptr || methods_of(text).size() < 2) return nullptr;
  return joint->find(text, backbone, of_backbone->second, *this);
}

Schemas Schemas::on(const std::string& backbone) const {
  Schemas narrowed = *this;
  const auto found = methods_on.find(backbone);
  if (found != methods_on.end()) narrowed.methods = found->second;
  narrowed.joint = std::make_shared<JointMethods>();
  return narrowed;
}

const ParameterSchema* Schemas::find_parameter(std::string_view name) const {
  const std::string text(name);
  for (const auto& [method_name, method] : methods) {
    const auto found = method.parameters.find(text);
    if (found != method.parameters.end()) return &found->second;
  }
  if (const auto found = together.find(text); found != together.end()) return &found->second;
  const std::size_t dot = text.find('.');
  if (dot == std::string::npos) return nullptr;
  const auto method = methods.find(text.substr(0, dot));
  if (method == methods.end() || method->second.own.count(text.substr(dot + 1)) == 0) {
    return nullptr;
  }
  return &method->second.parameters.at(text.substr(dot + 1));
}

std::vector<std::string> Schemas::method_names() const {
  std::vector<std::string> names;
  for (const auto& [name, method] : methods) names.push_back(name);
  return names;
}

std::vector<std::string> Schemas::parameter_names() const {
  std::map<std::string, bool> names;
  for (const auto& [method_name, method] : methods) {
    for (const auto& [name, parameter] : method.parameters) names[name] = true;
  }
  for (const auto& [name, parameter] : together) names[name] = true;
  std::vector<std::string> sorted;
  for (const auto& [name, present] : names) sorted.push_back(name);
  return sorted;
}

}  // namespace cox::sweep
