// What is tested: a component and whatever it uses, made anew as often as the cases ask, in the way of the host.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "assembly.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "plan.h"
#include "plugin_set.h"

namespace tomada::conformance {

// The flags by which Subject::Find finds it.
std::vector<Flag> SubjectFlags();

class Subject {
 public:
  // What the arguments name, of this kind: a plugin by its file or, as for `tomada describe`, by its name, with --set
  // like "shards=1" for its config; or --component of a profile. What is wrong with them is printed; the error says the
  // rest.
  static absl::StatusOr<Subject> Find(Kind kind, const Arguments& arguments, Shell& shell);

  // "memory_store 0.1.0".
  const std::string& name() const { return name_; }
  // Not started. Throws std::runtime_error when a component cannot be made.
  std::unique_ptr<Assembly> Make() const;

 private:
  static absl::StatusOr<Subject> OfPlugin(Kind kind, const std::string& plugin,
                                          const std::vector<std::string>& settings, Shell& shell);
  static absl::StatusOr<Subject> Of(Kind kind, PluginSet plugins, std::optional<Plan> plan, const std::string& id);

  std::shared_ptr<const PluginSet> plugins_;
  Plan plan_;  // the component, the last, and what it uses
  std::string name_;
};

}  // namespace tomada::conformance
