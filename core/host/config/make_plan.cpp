#include "config/make_plan.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/claims.h"
#include "config/decode.h"
#include "config/message.h"
#include "config/start_order.h"
#include "config/suggest.h"

namespace tomada {
namespace {

std::string Show(const ProfileWord& word) { return word.external ? "" : fmt::format(" {}", Quote(word.text)); }

std::string JoinPaths(const std::vector<std::filesystem::path>& paths) {
  std::vector<std::string> texts;
  for (const std::filesystem::path& path : paths) texts.push_back(path.string());
  return fmt::format("{}", fmt::join(texts, ", "));
}

bool TakesMany(const Port& port) { return port.count == Port::Count::kOneOrMore; }

class Planner {
 public:
  Planner(const Profile& profile, const PluginSet& plugins, const std::vector<std::string>& available,
          Diagnostics& diagnostics, std::set<std::filesystem::path>* files)
      : profile_(profile), plugins_(plugins), available_(available), diagnostics_(diagnostics), files_(files) {}

  std::optional<Plan> Make() {
    for (const ProfileComponent& component : profile_.components) {
      ids_.push_back(component.id);
      found_.push_back(FindPlugin(component.plugin));
    }
    Plan plan;
    plan.host = profile_.host;
    plan.host_settings = profile_.host_settings;
    std::vector<PlannedComponent> planned;
    for (size_t i = 0; i < ids_.size(); ++i) planned.push_back(PlanComponent(i));
    StartOrder order = OrderByUse(uses_);
    for (const std::vector<size_t>& cycle : order.cycles) ReportCycle(cycle);
    CheckLogLevels();
    CheckClaims(claims_, diagnostics_);
    if (diagnostics_.has_errors()) return std::nullopt;

    WarnOfUnused();
    for (size_t i : order.order) plan.components.push_back(std::move(planned[i]));
    return plan;
  }

 private:
  // Nullptr when there is none; reported then.
  const Plugin* FindPlugin(const ProfileWord& name) {
    if (name.text.empty()) return nullptr;
    if (auto loaded = plugins_.loaded.find(name.text); loaded != plugins_.loaded.end()) {
      if (!loaded->second.passed_over.empty() && warned_.insert(name.text).second) WarnOfOthers(name, loaded->second);
      return &loaded->second.plugin;
    }
    auto failure = std::ranges::find(plugins_.failures, name.text, &PluginFailure::name);
    const bool failed = failure != plugins_.failures.end();
    if (failed && failure->found) {
      diagnostics_.Error(name.where, failure->message);
    } else if (name.external) {
      // The loader's message would quote what may be anything.
      diagnostics_.Error(name.where, fmt::format("unknown plugin{}", KnownHint(available_)));
    } else {
      diagnostics_.Error(name.where, fmt::format("unknown plugin{}{}{}", Show(name), PluginHint(name.text),
                                                 failed ? ": " + failure->message : ""));
    }
    return nullptr;
  }

  void WarnOfOthers(const ProfileWord& name, const LoadedPlugin& used) {
    // The files would quote what may be anything.
    diagnostics_.Warning(name.where, name.external ? "more than one folder has the plugin; the first one's is used"
                                                   : fmt::format("plugin{} is used from {}, not from {}", Show(name),
                                                                 used.file.string(), JoinPaths(used.passed_over)));
  }

  // Both: a near name may be a chance hit, and the list shows what the search path has.
  std::string PluginHint(const std::string& name) {
    std::string nearest = Suggest(name, available_);
    if (nearest.empty()) return available_.empty() ? " (no plugin is in the search path)" : KnownHint(available_);
    return fmt::format(" (did you mean `{}`? known: {})", nearest, fmt::join(available_, ", "));
  }

  PlannedComponent PlanComponent(size_t index) {
    const ProfileComponent& component = profile_.components[index];
    PlannedComponent planned;
    planned.id = component.id;
    planned.plugin = found_[index];
    uses_.emplace_back();
    for (const ProfileUse& use : component.uses) {
      const Port* port = FindPort(planned.plugin, use);
      planned.uses[use.port] = ResolveIds(index, use, port);
    }
    if (planned.plugin == nullptr) return planned;
    if (component.uses_are_known) CheckCounts(component, *planned.plugin);
    DecodedConfig decoded =
        DecodeConfig(planned.plugin->config, component.config, component.config_where, diagnostics_, Folder());
    if (files_ != nullptr) files_->insert(decoded.files.begin(), decoded.files.end());
    planned.config = std::move(decoded.config);
    planned.settings = std::move(decoded.settings);
    for (ConfigSetting& setting : planned.settings) setting.component = planned.id;
    for (ConfigClaim& claim : decoded.claims) {
      claim.component = planned.id;
      claims_.push_back(std::move(claim));
    }
    return planned;
  }

  // Of the profile itself.
  std::filesystem::path Folder() const {
    return profile_.files.empty() ? std::filesystem::path() : profile_.files.front().parent_path();
  }

  // Nullptr when the plugin has no such port (reported) or is not known itself.
  const Port* FindPort(const Plugin* plugin, const ProfileUse& use) {
    if (plugin == nullptr) return nullptr;
    auto port = std::ranges::find(plugin->ports, use.port, &Port::name);
    if (port != plugin->ports.end()) return &*port;
    std::vector<std::string> names;
    for (const Port& known : plugin->ports) names.push_back(known.name);
    std::string hint = names.empty() ? ": it uses no other component" : Hint(use.port, names);
    diagnostics_.Error(use.where,
                       fmt::format("unknown port {} of plugin {}{}", Quote(use.port), Quote(plugin->name), hint));
    return nullptr;
  }

  std::vector<std::string> ResolveIds(size_t user, const ProfileUse& use, const Port* port) {
    std::vector<std::string> ids;
    for (const ProfileWord& word : use.ids) {
      if (word.text == kHostId) {
        if (port == nullptr || CheckKind(*port, word, Kind::kHost)) ids.push_back(word.text);
        continue;
      }
      std::optional<size_t> used = Resolve(word);
      if (!used) continue;
      if (std::ranges::find(ids, word.text) != ids.end()) {
        diagnostics_.Error(word.where, fmt::format("component id{} is listed twice", Show(word)));
        continue;
      }
      ids.push_back(word.text);
      const Plugin* plugin = found_[*used];
      bool fits = port != nullptr ? plugin == nullptr || CheckKind(*port, word, plugin->kind) : found_[user] == nullptr;
      if (fits) Connect(user, *used);
    }
    return ids;
  }

  std::optional<size_t> Resolve(const ProfileWord& word) {
    if (word.text.empty()) return std::nullopt;
    auto found = std::ranges::find(ids_, word.text);
    if (found != ids_.end()) return found - ids_.begin();
    std::string hint = word.external ? KnownHint(ids_) : Hint(word.text, ids_);
    diagnostics_.Error(word.where, fmt::format("unknown component id{}{}", Show(word), hint));
    return std::nullopt;
  }

  // The same component may be used by two ports; for the order that is one.
  void Connect(size_t user, size_t used) {
    std::vector<size_t>& uses = uses_[user];
    if (std::ranges::find(uses, used) == uses.end()) uses.push_back(used);
  }

  bool CheckKind(const Port& port, const ProfileWord& word, Kind used) {
    if (used == port.kind) return true;
    diagnostics_.Error(word.where, fmt::format("port `{}` takes a {}, but{} is a {}", port.name, KindName(port.kind),
                                               word.external ? " what is named" : Show(word), KindName(used)));
    return false;
  }

  void CheckCounts(const ProfileComponent& component, const Plugin& plugin) {
    for (const Port& port : plugin.ports) CheckCount(component, plugin, port);
  }

  void CheckCount(const ProfileComponent& component, const Plugin& plugin, const Port& port) {
    auto use = std::ranges::find(component.uses, port.name, &ProfileUse::port);
    size_t count = use == component.uses.end() ? 0 : use->ids.size();
    if (count == 0 && port.count != Port::Count::kOptional) {
      diagnostics_.Error(use == component.uses.end() ? component.where : use->where,
                         fmt::format("missing port `{}`: plugin `{}` uses {} {} there", port.name, plugin.name,
                                     TakesMany(port) ? "at least one" : "one", KindName(port.kind)));
    } else if (count > 1 && !TakesMany(port)) {
      diagnostics_.Error(use->ids[1].where,
                         fmt::format("port `{}` takes one {}, got {}", port.name, KindName(port.kind), count));
    }
  }

  void CheckLogLevels() {
    for (const ProfileWord& word : profile_.log_level_ids) {
      if (word.text != kHostId) Resolve(word);
    }
  }

  void ReportCycle(const std::vector<size_t>& cycle) {
    std::vector<std::string> names;
    for (size_t component : cycle) names.push_back(ids_[component]);
    names.push_back(names.front());
    diagnostics_.Error(PlaceOfUse(profile_.components[cycle[0]], names[1]),
                       fmt::format("cycle: {}", fmt::join(names, " -> ")));
  }

  static Location PlaceOfUse(const ProfileComponent& user, const std::string& id) {
    for (const ProfileUse& use : user.uses) {
      auto word = std::ranges::find(use.ids, id, &ProfileWord::text);
      if (word != use.ids.end()) return word->where;
    }
    return user.where;
  }

  void WarnOfUnused() {
    std::set<size_t> used;
    for (const std::vector<size_t>& uses : uses_) used.insert(uses.begin(), uses.end());
    for (size_t i = 0; i < ids_.size(); ++i) {
      if (found_[i]->kind == Kind::kTransport || used.contains(i)) continue;
      diagnostics_.Warning(profile_.components[i].where, fmt::format("no component uses `{}`", ids_[i]));
    }
  }

  const Profile& profile_;
  const PluginSet& plugins_;
  const std::vector<std::string>& available_;
  Diagnostics& diagnostics_;
  std::set<std::filesystem::path>* const files_;
  std::vector<ConfigClaim> claims_;  // of all components, in the order of the profile
  // By the component's number in the profile:
  std::vector<std::string> ids_;
  std::vector<const Plugin*> found_;       // nullptr where it is not known
  std::vector<std::vector<size_t>> uses_;  // the components it uses
  std::set<std::string> warned_;           // the plugins of which there are others
};

}  // namespace

std::optional<Plan> MakePlan(const Profile& profile, const PluginSet& plugins,
                             const std::vector<std::string>& available, Diagnostics& diagnostics,
                             std::set<std::filesystem::path>* files) {
  return Planner(profile, plugins, available, diagnostics, files).Make();
}

}  // namespace tomada
