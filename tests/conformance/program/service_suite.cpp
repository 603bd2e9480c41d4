// Services.
#include <chrono>
#include <memory>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "conformance/service/service_case.h"
#include "subject.h"
#include "suite.h"

namespace tomada::conformance {
namespace {

CommandLine ServiceLine() {
  CommandLine line{
      "tomada-conformance service",
      "Holds a service to the contract: calls each of its methods with requests made from their descriptors,\n"
      "and cancels them at every await. A service that uses stores or others is tested in a profile:\n"
      "--profile NAME --component ID. What its methods do, they do: give it data that can be thrown away.\n"
      "Exit code: 0 all cases passed, 1 one failed, 2 the arguments are wrong or the plugin cannot be used.",
      "[PLUGIN]", SubjectFlags(), "tomada-conformance service --profile memory --component usuarios"};
  line.flags.push_back({"--patience", "SECONDS", "How long a call may go on after its cancellation; 20."});
  line.flags.push_back({"--metadata", "NAME=VALUE", "What each call has to carry so that it is let through.", true});
  return line;
}

class AssembledService final : public testing::ServiceInstance {
 public:
  explicit AssembledService(const Subject& subject) : assembly_(subject.Make()) {
    if (absl::Status started = assembly_->Start(); !started.ok()) {
      assembly_->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(10)).IgnoreError();
      throw std::runtime_error(fmt::format("{} does not start: {}", subject.name(), std::string(started.message())));
    }
  }
  const std::vector<Service>& services() const override {
    return dynamic_cast<const ServiceProvider&>(assembly_->subject()).services();
  }
  void Drain() override { assembly_->Drain(); }
  absl::Status Stop(Deadline grace) override { return assembly_->Stop(grace); }

 private:
  const std::unique_ptr<Assembly> assembly_;
};

absl::StatusOr<Suite::Ready> PrepareService(const Arguments& arguments, Shell& shell) {
  absl::StatusOr<Subject> subject = Subject::Find(Kind::kService, arguments, shell);
  if (!subject.ok()) return subject.status();
  absl::StatusOr<std::chrono::seconds> patience = SecondsOf(arguments, "--patience", "20");
  if (!patience.ok()) return patience.status();
  auto metadata = PairsOf(arguments, "--metadata");
  if (!metadata.ok()) return metadata.status();
  testing::ServiceSubject tested;
  tested.start = [subject = *subject] { return std::make_unique<AssembledService>(subject); };
  tested.patience = *patience;
  for (auto& [name, value] : *metadata) tested.metadata.Add(std::move(name), std::move(value));
  testing::SelectService(std::move(tested));
  return Suite::Ready{subject->name(), ""};
}

}  // namespace

Suite ServiceSuite() { return {ServiceLine(), "ServiceCase", PrepareService}; }

}  // namespace tomada::conformance
