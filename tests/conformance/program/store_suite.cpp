// Stores.
#include <chrono>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "conformance/table_semantics.h"
#include "subject.h"
#include "suite.h"

namespace tomada::testing {
namespace {

// GoogleTest makes its instances from static data: this is where the store comes to them.
std::optional<conformance::Subject> the_store;

// A store with whatever it uses.
class AssembledStore final : public Store {
 public:
  explicit AssembledStore(std::unique_ptr<conformance::Assembly> assembly)
      : assembly_(std::move(assembly)), store_(dynamic_cast<Store&>(assembly_->subject())) {}

  absl::Status Start() override { return assembly_->Start(); }
  absl::Status Stop(Deadline grace) override { return assembly_->Stop(grace); }
  absl::StatusOr<std::unique_ptr<Table>> OpenTable(TableOptions options) override {
    return store_.OpenTable(std::move(options));
  }
  StoreCapabilities capabilities() const override { return store_.capabilities(); }

 private:
  const std::unique_ptr<conformance::Assembly> assembly_;
  Store& store_;
};

INSTANTIATE_TEST_SUITE_P(Store, TableSemantics, ::testing::Values(StoreFactory("store", [] {
                           return std::make_unique<AssembledStore>(the_store->Make());
                         })));

}  // namespace

void Select(const conformance::Subject& subject) { the_store = subject; }

}  // namespace tomada::testing

namespace tomada::conformance {
namespace {

CommandLine StoreLine() {
  return {"tomada-conformance",
          "Holds a store to the contract of stores: runs the cases against the plugin, given by its file or by\n"
          "the name of an installed one, and prints a table. A store that uses other components is tested in a\n"
          "profile: --profile NAME --component ID. Stores share their data with earlier runs; tables do not.\n"
          "Other kinds have suites of their own: `tomada-conformance transport --help`, `middleware --help`,\n"
          "`service --help`.\n"
          "Exit code: 0 all cases passed, 1 one failed, 2 the arguments are wrong or the plugin cannot be used.",
          "[PLUGIN]", SubjectFlags()};
}

StoreCapabilities ClaimsOf(const Subject& subject) {
  return dynamic_cast<Store&>(subject.Make()->subject()).capabilities();
}

std::string ShowClaims(const StoreCapabilities& claims) {
  return fmt::format("claims: writes are {}, {} a restart, values of up to {} bytes, reads at most {} old\n",
                     NameOf(claims.durability), claims.survives_restart ? "survives" : "nothing survives",
                     claims.max_value_bytes, absl::FormatDuration(claims.staleness));
}

// Longer than this, and cases that wait it out many times look as if they hung.
constexpr absl::Duration kMaxStaleness = absl::Seconds(1);

absl::Status CheckStaleness(const Subject& subject) {
  const absl::Duration staleness = ClaimsOf(subject).staleness;
  if (staleness <= kMaxStaleness) return absl::OkStatus();
  return absl::FailedPreconditionError(
      fmt::format("{} claims that reads may be {} old, and cases wait for so long again and again: test it with a "
                  "config under which it claims at most {}",
                  subject.name(), absl::FormatDuration(staleness), absl::FormatDuration(kMaxStaleness)));
}

// One that cannot be started would fail each case, after waiting for it each time.
absl::Status TryToStart(const Subject& subject) {
  const std::unique_ptr<Assembly> store = subject.Make();
  const absl::Status started = store->Start();
  store->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(10)).IgnoreError();
  if (started.ok()) return started;
  return absl::UnavailableError(fmt::format("{} does not start: {}", subject.name(), std::string(started.message())));
}

absl::StatusOr<Suite::Ready> PrepareStore(const Arguments& arguments, Shell& shell) {
  absl::StatusOr<Subject> subject = Subject::Find(Kind::kStore, arguments, shell);
  if (!subject.ok()) return subject.status();
  if (absl::Status slow = CheckStaleness(*subject); !slow.ok()) return slow;
  if (absl::Status failed = TryToStart(*subject); !failed.ok()) return failed;
  testing::Select(*subject);
  return Suite::Ready{subject->name(), ShowClaims(ClaimsOf(*subject))};
}

}  // namespace

Suite StoreSuite() { return {StoreLine(), "Store/", PrepareStore}; }

}  // namespace tomada::conformance
