// Plugin: what a shared library tells the host about itself.
//
//   tomada::Plugin Describe() {
//     tomada::Plugin plugin;
//     plugin.name = "memory_store";
//     plugin.version = "0.1.0";
//     plugin.kind = tomada::Kind::kStore;
//     plugin.summary = "Keeps tables in memory.";
//     plugin.config = tomada::ConfigSchema::Of<Config>();
//     plugin.create = [](const tomada::Context& context) -> absl::StatusOr<std::unique_ptr<tomada::Component>> { ... };
//     return plugin;
//   }
//   TOMADA_PLUGIN(Describe)
//
// The library is named lib<name>.so. Loading one has no side effect: only Component::Start acts.
#ifndef TOMADA_PLUGIN_H_
#define TOMADA_PLUGIN_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "tomada/abi.h"
#include "tomada/component.h"
#include "tomada/config.h"
#include "tomada/context.h"

namespace tomada {

// What a component can be used as: kStore means it is a Store, kService a ServiceProvider; a transport is used by none.
// kHost is for ports alone: what is used there is the HostView, and the profile names it `host`.
enum class Kind { kStore, kService, kTransport, kHost };

// "store", "service", "transport", "host".
std::string_view KindName(Kind kind);

// Something the plugin uses, wired in the profile under `uses`.
struct Port {
  enum class Count { kOne, kOptional, kOneOrMore };
  Port(std::string name, Kind kind, Count count, std::string help)
      : name(std::move(name)), kind(kind), count(count), help(std::move(help)) {}

  std::string name;
  Kind kind;
  Count count;
  std::string help;
  // Set: what is not ready at this port makes its user slower or poorer, not unready (a cache before a store).
  bool degrades = false;
};

struct Plugin {
  std::string name;     // as the library, without lib and .so
  std::string version;  // of the plugin, semver
  Kind kind = Kind::kService;
  std::string summary;  // one line
  std::vector<Port> ports;
  ConfigSchema config;
  // Makes a component without side effects: no socket, no thread, no file. An error, or an exception, fails the start
  // of the host and names the component.
  std::function<absl::StatusOr<std::unique_ptr<Component>>(const Context&)> create;
};

// The one symbol a plugin exports, `tomada_plugin`. This layout never changes: the host reads magic and stamp before it
// trusts anything else.
struct PluginEntry {
  static constexpr uint64_t kMagic = 0x31616461'6d6f7400;
  uint64_t magic;
  const char* abi_stamp;
  Plugin (*describe)();
};

}  // namespace tomada

// An ELF note (elf(5)) of owner "Tomada" and type 1: the stamp, for those who read the file before they open it as a
// library. Written for the assembler, since compilers pad the variables of a section when they check for bad addresses.
// "R" keeps it where the linker drops what nothing refers to.
#define TOMADA_NOTE_(stamp)                        \
  asm(".pushsection .note.tomada, \"aR\", %note\n" \
      ".balign 4\n"                                \
      ".long 2f - 1f, 4f - 3f, 1\n"                \
      "1: .asciz \"Tomada\"\n2: .balign 4\n"       \
      "3: .ascii \"" stamp                         \
      "\"\n4: .balign 4\n"                         \
      ".popsection");

#define TOMADA_PLUGIN(describe)                                                                            \
  extern "C" __attribute__((visibility("default"))) const ::tomada::PluginEntry tomada_plugin;             \
  const ::tomada::PluginEntry tomada_plugin{::tomada::PluginEntry::kMagic, TOMADA_ABI_STAMP, &(describe)}; \
  TOMADA_NOTE_(TOMADA_ABI_STAMP)

#endif  // TOMADA_PLUGIN_H_
