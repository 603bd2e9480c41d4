#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <absl/time/time.h>
#include <fmt/format.h>

#include "cli/admin_address.h"
#include "cli/checked_profile.h"
#include "cli/command.h"
#include "cli/http_get.h"

namespace tomada {
namespace {

constexpr char kTimeout[] = "--timeout", kAdmin[] = "--admin";

absl::StatusOr<std::chrono::milliseconds> TimeoutOf(const Arguments& arguments) {
  absl::Duration timeout;
  const std::string text = arguments.Value(kTimeout).value_or("2s");
  if (!absl::ParseDuration(text, &timeout) || timeout <= absl::ZeroDuration() || timeout > absl::Hours(1))
    return absl::InvalidArgumentError("--timeout: expected a duration such as 500ms or 2s");
  return absl::ToChronoMilliseconds(timeout);
}

// Asks at one address after the other until somebody answers. One that is silent leaves time for the next.
absl::StatusOr<HttpAnswer> Ask(const std::vector<HostPort>& addresses, std::chrono::milliseconds timeout) {
  const Deadline deadline = Deadline::clock::now() + timeout;
  auto left = static_cast<int>(addresses.size());
  absl::StatusOr<HttpAnswer> answer = absl::NotFoundError("");
  for (const HostPort& address : addresses) {
    const Deadline now = Deadline::clock::now();
    answer = HttpGet(address, "/readyz?verbose", now + (deadline - now) / left--);
    if (answer.ok()) return answer;
  }
  return answer;
}

// Where the options say that the host answers. Nothing when the profile does not tell, which has been printed; an error
// is one of the arguments.
absl::StatusOr<std::vector<HostPort>> AddressesOf(const Arguments& arguments, Shell& shell) {
  if (const std::optional<std::string> admin = arguments.Value(kAdmin)) {
    for (const Flag& flag : ProfileFlags("")) {
      if (arguments.Has(flag.name))
        return absl::InvalidArgumentError(fmt::format("{} and {} exclude each other", kAdmin, flag.name));
    }
    absl::StatusOr<HostPort> address = HostPort::Parse(*admin);
    if (!address.ok() || address->port == 0)
      return absl::InvalidArgumentError(fmt::format("{}: expected an address such as 127.0.0.1:9901", kAdmin));
    return std::vector{*std::move(address)};
  }
  const absl::StatusOr<std::string> path = ProfilePath(arguments, shell.installation);
  if (!path.ok()) return path.status();
  const std::optional<Profile> profile = ReadGoodProfile(*path, arguments, shell);
  if (!profile) return std::vector<HostPort>();
  absl::StatusOr<std::vector<HostPort>> addresses = AdminAddresses(*profile);
  if (addresses.ok()) return addresses;
  shell.err << fmt::format("{}: {}\n", *path, std::string(addresses.status().message()));
  return std::vector<HostPort>();
}

absl::StatusOr<ExitCode> Health(const Arguments& arguments, Shell& shell) {
  const absl::StatusOr<std::chrono::milliseconds> timeout = TimeoutOf(arguments);
  if (!timeout.ok()) return timeout.status();
  const absl::StatusOr<std::vector<HostPort>> addresses = AddressesOf(arguments, shell);
  if (!addresses.ok()) return addresses.status();
  if (addresses->empty()) return kExitBadConfig;

  const absl::StatusOr<HttpAnswer> answer = Ask(*addresses, *timeout);
  if (!answer.ok()) {
    shell.out << fmt::format("not ready: {}\n", std::string(answer.status().message()));
    return kExitFailed;
  }
  if (answer->status == 200 || answer->status == 503) {
    shell.out << answer->body;
  } else {
    shell.out << fmt::format("not ready: {} answers /readyz with {}: is it the admin of this host?\n",
                             addresses->front().ToString(), answer->status);
  }
  return answer->status == 200 ? kExitOk : kExitFailed;
}

}  // namespace

Command HealthCommand() {
  CommandLine line{"tomada health",
                   "Asks the host that runs this profile on this machine whether it is ready, and prints what each\n"
                   "component says. It looks for the admin service's address in the profile; values that were set\n"
                   "for `tomada run`, by --set or the environment, must be the same here. With --admin it needs no\n"
                   "profile. Loads no plugin.\n"
                   "Exit code: 0 ready, 1 not ready or not there, 2 a mistake in the profile or the arguments.",
                   "", ProfileFlags("The profile that runs; `local` when there is neither this nor --config."),
                   "tomada health --admin 127.0.0.1:9901"};
  line.flags.push_back({kAdmin, "ADDRESS", "Ask at this address, HOST:PORT, whatever a profile says."});
  line.flags.push_back({kTimeout, "DURATION", "How long all of it may take; 2s when left out."});
  return {"health", "Ask a running host whether it is ready.", std::move(line), Health};
}

}  // namespace tomada
