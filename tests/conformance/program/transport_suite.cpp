// Transports, each by a driver.
#include <dlfcn.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "conformance/transport/transport_case.h"
#include "load_plugin.h"
#include "suite.h"

namespace tomada::conformance {
namespace {

namespace fs = std::filesystem;
using testing::TransportDriver;
using testing::TransportDriverEntry;

CommandLine TransportLine() {
  return {"tomada-conformance transport",
          "Holds a transport to the contract: starts the plugin, given by its file or by the name of an installed\n"
          "one, with a service of the suite's, and drives it through a driver, the client's side of its wire.\n"
          "`grpc` and `http` are there; docs/conformance.md says how to write one.\n"
          "Exit code: 0 all cases passed, 1 one failed, 2 the arguments are wrong or the plugin cannot be used.",
          "[PLUGIN]",
          {{"--driver", "DRIVER", "A shared library, or the name of one that is installed: grpc, http."},
           {"--set", "KEY=VALUE", "Set a key of the plugin's config; of a list, one element.", true},
           {"--patience", "SECONDS", "How long what is expected may take before a case fails; 20."}},
          "tomada-conformance transport pistache_http --driver http"};
}

// Opened for ever, as plugins are.
absl::StatusOr<TransportDriver*> OpenDriver(const std::string& driver, const Shell& shell) {
  const bool is_file = driver.ends_with(".so");
  const fs::path folder = shell.installation.plugin_folder().parent_path() / "drivers";
  const fs::path file = is_file ? fs::absolute(driver) : folder / fmt::format("lib{}_driver.so", driver);
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return absl::FailedPreconditionError(fmt::format("no driver: {}", ::dlerror()));
  const auto* entry = static_cast<const TransportDriverEntry*>(::dlsym(library, "tomada_transport_driver"));
  if (entry == nullptr || entry->magic != TransportDriverEntry::kMagic) {
    return absl::FailedPreconditionError(
        fmt::format("{} is no driver: it has no TOMADA_TRANSPORT_DRIVER(...)", file.string()));
  }
  if (std::strcmp(entry->abi_stamp, kAbiStamp) != 0) {
    return absl::FailedPreconditionError(fmt::format("{} was built as \"{}\", this program as \"{}\": build it again",
                                                     file.string(), entry->abi_stamp, kAbiStamp));
  }
  return &entry->driver();
}

// Where it takes services; nothing else may be needed.
absl::StatusOr<std::string> PortOf(const Plugin& plugin) {
  std::string services;
  for (const Port& port : plugin.ports) {
    if (port.kind == Kind::kService && services.empty()) {
      services = port.name;
    } else if (port.count != Port::Count::kOptional) {
      return absl::InvalidArgumentError(
          fmt::format("{} needs something at its port `{}`: only transports that need services alone can be tested",
                      plugin.name, port.name));
    }
  }
  if (services.empty()) return absl::InvalidArgumentError(fmt::format("{} has no port for services", plugin.name));
  return services;
}

absl::StatusOr<Suite::Ready> PrepareTransport(const Arguments& arguments, Shell& shell) {
  if (arguments.operand().empty()) return absl::InvalidArgumentError("expected a plugin");
  if (!arguments.Has("--driver")) return absl::InvalidArgumentError("--driver says who speaks to it: grpc, http");
  absl::StatusOr<LoadedPlugin> loaded = LoadPluginOf(Kind::kTransport, arguments.operand(), shell);
  if (!loaded.ok()) return loaded.status();
  absl::StatusOr<std::string> port = PortOf(loaded->plugin);
  if (!port.ok()) return port.status();
  absl::StatusOr<std::chrono::seconds> patience = SecondsOf(arguments, "--patience", "20");
  if (!patience.ok()) return patience.status();
  testing::ProbeService::patience = *patience;
  auto settings = PairsOf(arguments, "--set");
  if (!settings.ok()) return settings.status();
  const std::string driver_name = *arguments.Value("--driver");
  absl::StatusOr<TransportDriver*> driver = OpenDriver(driver_name, shell);
  if (!driver.ok()) return driver.status();
  // Never where somebody else may listen.
  if (loaded->plugin.config.Find("listen") != nullptr) settings->insert(settings->begin(), {"listen", "127.0.0.1:0"});
  testing::SelectTransport({loaded->file.string(), *port, *std::move(settings), *driver});
  return Suite::Ready{TitleOf(loaded->plugin), fmt::format("driver: {}\n", driver_name)};
}

}  // namespace

Suite TransportSuite() { return {TransportLine(), "Transport", PrepareTransport}; }

}  // namespace tomada::conformance
