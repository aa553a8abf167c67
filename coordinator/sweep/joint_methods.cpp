#include "coordinator/sweep/joint_methods.h"

#include <vector>

#include "base/text.h"
#include "record/method_name.h"

namespace cox::sweep {

namespace {

MethodSchema joint_schema(const std::string& name, const std::vector<std::string>& members,
                          const JointMethods::Methods& methods,
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

}  // namespace

const MethodSchema* JointMethods::find(const std::string& name, const std::string& backbone,
                                       const Methods& methods, const Schemas& schemas) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<MethodSchema>& made = made_[{name, backbone}];
  if (made != nullptr) return made.get();
  const std::vector<std::string> members = methods_of(name);
  if (joint_method_name(members) != name || !schemas.joint_error(members).empty()) return nullptr;
  made = std::make_unique<MethodSchema>(joint_schema(name, members, methods, schemas.together));
  return made.get();
}

}  // namespace cox::sweep
