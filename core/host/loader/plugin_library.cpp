#include "loader/plugin_library.h"

#include <cxxabi.h>
#include <dlfcn.h>

#include <cstdlib>
#include <exception>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <boost/dll/shared_library.hpp>
#include "loader/generated_code.h"
#include "loader/plugin_note.h"
#include "loader/refusal.h"

namespace tomada {
namespace {

constexpr char kSymbol[] = "tomada_plugin";

// As the source code has it; unchanged when it is no C++ name.
std::string Demangle(const std::string& symbol) {
  int failed = 0;
  std::unique_ptr<char, decltype(&std::free)> name(abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &failed),
                                                   &std::free);
  return failed ? symbol : name.get();
}

// The linker's complaint without the file's name, and what to do about it.
std::string ExplainOpenError(const PluginFile& file, std::string text) {
  constexpr std::string_view kUndefined = "undefined symbol: ";
  constexpr std::string_view kMissing = ": cannot open shared object file";
  if (std::string prefix = file.path.string() + ": "; text.starts_with(prefix)) text.erase(0, prefix.size());
  if (text.starts_with(kUndefined)) {
    std::string symbol = text.substr(kUndefined.size());
    return fmt::format("needs {}, which no library it links has; was it built against another version? Build it again",
                       Demangle(symbol.substr(0, symbol.find_first_of(", "))));
  }
  const size_t missing = text.find(kMissing);
  if (const auto code = GeneratedCode::Of(text.substr(0, missing)); code && missing != text.npos) {
    return fmt::format(
        "needs {}, generated code that neither this host nor the plugin has brought; build the plugin again for this "
        "host, or copy that file to {}",
        code->library, file.path.parent_path().parent_path().parent_path().string());
  }
  return fmt::format("cannot be opened: {}; ldd {} lists what it needs", text, file.path.string());
}

// Keeps the library open until the process ends: gRPC's and other threads still run in it, and objects whose code is in
// it may be destroyed after anything that could own it here.
void KeepForever(boost::dll::shared_library library) {
  static auto& kept = *new std::vector<boost::dll::shared_library>;
  kept.push_back(std::move(library));
}

absl::Status CheckEntry(const PluginFile& file, const PluginEntry& entry) {
  if (entry.magic != PluginEntry::kMagic) {
    return Refusal(file.path,
                   fmt::format("its {} is not the entry of a plugin (it begins with {:#018x}); end the plugin's "
                               "source with TOMADA_PLUGIN(...)",
                               kSymbol, entry.magic));
  }
  return CheckStamp(file.path, entry.abi_stamp);
}

absl::Status CheckDescriptor(const PluginFile& file, const Plugin& plugin) {
  if (plugin.name != file.name) {
    return Refusal(file.path,
                   fmt::format("its descriptor is called \"{}\", so the file must be called lib{}.so; change one "
                               "of the two",
                               plugin.name, plugin.name));
  }
  if (plugin.kind == Kind::kHost) {
    return Refusal(file.path, "its descriptor is of kind host, which only ports have; set another plugin.kind");
  }
  if (!plugin.create) {
    return Refusal(file.path, "its descriptor has no create; set plugin.create in the plugin's source");
  }
  if (!plugin.config.make || !plugin.config.check) {
    return Refusal(file.path,
                   "its descriptor has no config; set plugin.config = ConfigSchema::Of<Config>() in the plugin's "
                   "source");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<const PluginEntry*> OpenPlugin(const PluginFile& file) {
  using boost::dll::load_mode::rtld_local;
  using boost::dll::load_mode::rtld_now;
  boost::dll::shared_library library;
  std::error_code error;
  library.load(file.path, error, rtld_now | rtld_local);
  if (error) {
    // Boost's own error is always the same; the linker says why.
    const char* why = ::dlerror();
    return Refusal(file.path, ExplainOpenError(file, why ? why : error.message()));
  }
  const PluginEntry* entry = library.has(kSymbol) ? &library.get<const PluginEntry>(kSymbol) : nullptr;
  KeepForever(std::move(library));
  if (entry == nullptr) {
    return Refusal(file.path,
                   fmt::format("exports no {} symbol; end the plugin's source with TOMADA_PLUGIN(...)", kSymbol));
  }
  if (absl::Status status = CheckEntry(file, *entry); !status.ok()) return status;
  return entry;
}

absl::StatusOr<Plugin> DescribePlugin(const PluginFile& file, const PluginEntry& entry) {
  try {
    Plugin plugin = entry.describe();
    if (absl::Status status = CheckDescriptor(file, plugin); !status.ok()) return status;
    return plugin;
  } catch (const std::exception& error) {
    return Refusal(file.path, fmt::format("its descriptor threw \"{}\"; correct the plugin's source", error.what()));
  } catch (...) {
    return Refusal(file.path,
                   "its descriptor threw something that is not a std::exception; correct the plugin's source");
  }
}

absl::StatusOr<Plugin> LoadPlugin(const PluginFile& file) {
  absl::StatusOr<const PluginEntry*> entry = OpenPlugin(file);
  if (!entry.ok()) return entry.status();
  return DescribePlugin(file, **entry);
}

}  // namespace tomada
