#include "support/private_network.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "support/process.h"
#include "support/temp_dir.h"

namespace tomada::testing {
namespace {

std::string Error(const char* what) { return fmt::format("{}: {}", what, std::generic_category().message(errno)); }

void Ip(const std::string& arguments) {
  std::vector<std::string> command = {"/bin/ip"};
  for (size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
    end = arguments.find(' ', begin);
    command.push_back(arguments.substr(begin, end - begin));
  }
  Process ip(command);
  if (ip.Wait() != 0) throw std::runtime_error(fmt::format("ip {}: {}", arguments, ip.output()));
}

// Root needs no user namespace; anybody else is root in one of his own, where the machine allows it.
bool Unshare() {
  if (::unshare(CLONE_NEWNET | CLONE_NEWNS) == 0) return true;
  if (errno != EPERM) return false;
  const uid_t user = ::getuid();
  const gid_t group = ::getgid();
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) != 0) return false;
  std::ofstream("/proc/self/setgroups") << "deny";
  std::ofstream("/proc/self/uid_map") << fmt::format("0 {} 1", user);
  std::ofstream("/proc/self/gid_map") << fmt::format("0 {} 1", group);
  return true;
}

// Lays `text` over a file, for this process and its children. The text stays when its directory goes.
bool Replace(const char* file, const std::string& text) {
  if (::access(file, F_OK) != 0) return true;
  TempDir directory;
  return ::mount(directory.Write("file", text).c_str(), file, nullptr, MS_BIND, nullptr) == 0;
}

// Frames for the other end go to a card that nobody has.
void Mislead(const char* card, const char* address) {
  Ip(fmt::format("neigh replace {} lladdr 02:00:00:00:00:99 dev {} nud permanent", address, card));
}
void Enlighten(const char* card, const char* address) { Ip(fmt::format("neigh del {} dev {}", address, card)); }

}  // namespace

std::string EnterPrivateNetwork() {
  if (!Unshare()) return Error("unshare");
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return Error("mount");
  if (!Replace("/etc/resolv.conf", "nameserver 127.0.0.1\n")) return Error("/etc/resolv.conf");
  if (!Replace("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n")) return Error("/etc/hosts");
  if (!Replace("/etc/nsswitch.conf", "hosts: files dns\n")) return Error("/etc/nsswitch.conf");
  try {
    Ip("link set lo up");
    const FarNetwork possible;
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

FarNetwork::FarNetwork() {
  std::string wrong;
  std::thread([&] {
    if (::unshare(CLONE_NEWNET) != 0) {
      wrong = Error("unshare");
      return;
    }
    far_.Reset(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  }).join();
  if (!far_) throw std::runtime_error("no second network: " + wrong);
  Ip(fmt::format("link add near type veth peer name far netns /proc/{}/fd/{}", ::getpid(), far_.get()));
  Ip(fmt::format("addr add {}/24 dev near", kNear));
  Ip("link set near up");
  Visit visit(*this);
  Ip("link set lo up");
  Ip(fmt::format("addr add {}/24 dev far", kFar));
  Ip("link set far up");
}

// The cable stays while anything uses the far network; its near end goes now, for the next one.
FarNetwork::~FarNetwork() {
  try {
    Ip("link del near");
  } catch (const std::exception&) {
    // The next one that is made will say so.
  }
}

void FarNetwork::Cut() {
  Mislead("near", kFar);
  Visit visit(*this);
  Mislead("far", kNear);
}

void FarNetwork::Join() {
  Enlighten("near", kFar);
  Visit visit(*this);
  Enlighten("far", kNear);
}

FarNetwork::Visit::Visit(const FarNetwork& network) : home_(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
  if (::setns(network.far_.get(), CLONE_NEWNET) != 0) throw std::runtime_error(Error("setns"));
}

FarNetwork::Visit::~Visit() { ::setns(home_.get(), CLONE_NEWNET); }

}  // namespace tomada::testing
