#include "cli/admin_address.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "plan.h"

namespace tomada {
namespace {

bool Uses(const ProfileComponent& component, std::string_view id) {
  return std::ranges::any_of(component.uses, [&](const ProfileUse& use) {
    return std::ranges::find(use.ids, id, &ProfileWord::text) != use.ids.end();
  });
}

// Nullptr when there is no such key.
const Node* ListenKey(const ProfileComponent& component) {
  if (component.config.kind != Node::Kind::kMap) return nullptr;
  const Entry* entry = component.config.Find("listen");
  return entry == nullptr ? nullptr : &entry->value;
}

// From where a server listens to where a client on the same machine finds it.
HostPort Reachable(HostPort listen) {
  if (listen.host == "0.0.0.0") listen.host = "127.0.0.1";
  if (listen.host == "::") listen.host = "::1";
  return listen;
}

}  // namespace

absl::StatusOr<std::vector<HostPort>> AdminAddresses(const Profile& profile) {
  std::vector<HostPort> addresses;
  for (const ProfileComponent& admin : profile.components) {
    if (!Uses(admin, kHostId)) continue;
    for (const ProfileComponent& transport : profile.components) {
      const Node* listen = Uses(transport, admin.id) ? ListenKey(transport) : nullptr;
      if (listen == nullptr) continue;
      absl::StatusOr<HostPort> address = HostPort::Parse(listen->text);
      if (!address.ok()) {
        return absl::InvalidArgumentError(
            fmt::format("components.{}.config.listen: {}", transport.id, std::string(address.status().message())));
      }
      if (address->port == 0) {
        return absl::FailedPreconditionError(
            fmt::format("components.{0}.config.listen lets the system pick the port: say which one it is with --set "
                        "components.{0}.config.listen=HOST:PORT",
                        transport.id));
      }
      addresses.push_back(Reachable(*std::move(address)));
    }
  }
  if (!addresses.empty()) return addresses;
  return absl::NotFoundError(
      "the profile has no admin: it needs a component of plugin admin with `uses: {host: host}`, and a pistache_http "
      "with a `listen` that uses it");
}

}  // namespace tomada
