#include "command.h"

#include <charconv>
#include <exception>
#include <optional>

#include <fmt/format.h>

#include "cli/checked_profile.h"
#include "conformance/table_semantics.h"
#include "progress.h"
#include "selection.h"
#include "subject.h"
#include "watchdog.h"

namespace tomada::testing {
namespace {

// GoogleTest makes its instances from static data: this is where the store comes to them.
const conformance::Subject* selected = nullptr;

INSTANTIATE_TEST_SUITE_P(Store, TableSemantics,
                         ::testing::Values(StoreFactory("store", [] { return selected->Make(); })));

}  // namespace

void Select(const conformance::Subject& subject) { selected = &subject; }

}  // namespace tomada::testing

namespace tomada::conformance {
namespace {

CommandLine Line() {
  CommandLine line{
      "tomada-conformance",
      "Holds a store to the contract of stores: runs the cases against the plugin, given by its file or by\n"
      "the name of an installed one, and prints a table. A store that uses other components is tested in a\n"
      "profile: --profile NAME --component ID. Stores share their data with earlier runs; tables do not.\n"
      "Exit code: 0 all cases passed, 1 one failed, 2 the arguments are wrong or the plugin cannot be used.",
      "[PLUGIN]", ProfileFlags("Test a component of this profile.")};
  for (Flag& flag : line.flags) {
    if (flag.name != "--set") continue;
    flag.value = "KEY=VALUE";
    flag.help = "Set a key of the plugin's config; with a profile, a path as for `tomada run`.";
  }
  const Flag own[] = {{"--component", "ID", "The store in the profile."},
                      {"--filter", "GLOB", "Run the cases that match: 'races.*', '*Token*'.", true},
                      {"--list", "", "Print the cases and run none."},
                      {"--junit", "FILE", "Write the results as JUnit XML."},
                      {"--case-limit", "SECONDS", "How long a case may take before it counts as hanging; 120."}};
  line.flags.insert(line.flags.end(), std::begin(own), std::end(own));
  return line;
}

ExitCode Refuse(const absl::Status& error, Shell& shell) {
  shell.err << fmt::format("tomada-conformance: {}\n", std::string(error.message()));
  if (absl::IsInvalidArgument(error)) shell.err << "Try `tomada-conformance --help`.\n";
  return kExitBadConfig;
}

absl::StatusOr<std::chrono::seconds> CaseLimit(const Arguments& arguments) {
  const std::string text = arguments.Value("--case-limit").value_or("120");
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 1) {
    return absl::InvalidArgumentError(fmt::format("--case-limit: `{}` is no number of seconds", text));
  }
  return std::chrono::seconds(seconds);
}

absl::StatusOr<Subject> FindSubject(const Arguments& arguments, Shell& shell) {
  const bool in_profile = arguments.Has("--profile") || arguments.Has("--config") || arguments.Has("--component");
  if (in_profile == !arguments.operand().empty()) {
    return absl::InvalidArgumentError("expected a plugin, or --profile NAME --component ID");
  }
  if (!in_profile) return Subject::OfPlugin(arguments.operand(), arguments.Values("--set"), shell);
  if (!arguments.Has("--component")) return absl::InvalidArgumentError("--component says which store to test");
  return Subject::OfProfile(arguments, shell);
}

std::string ClaimsOf(const StoreCapabilities& claims) {
  return fmt::format("claims: writes are {}, {} a restart, values of up to {} bytes, reads at most {} old",
                     NameOf(claims.durability), claims.survives_restart ? "survives" : "nothing survives",
                     claims.max_value_bytes, absl::FormatDuration(claims.staleness));
}

// Longer than this, and cases that wait it out many times look as if they hung.
constexpr absl::Duration kMaxStaleness = absl::Seconds(1);

absl::Status CheckStaleness(const Subject& subject) {
  const absl::Duration staleness = subject.Make()->capabilities().staleness;
  if (staleness <= kMaxStaleness) return absl::OkStatus();
  return absl::FailedPreconditionError(
      fmt::format("{} claims that reads may be {} old, and cases wait for so long again and again: test it with a "
                  "config under which it claims at most {}",
                  subject.name(), absl::FormatDuration(staleness), absl::FormatDuration(kMaxStaleness)));
}

// One that cannot be started would fail each case, after waiting for it each time.
absl::Status TryToStart(const Subject& subject) {
  const std::unique_ptr<Store> store = subject.Make();
  const absl::Status started = store->Start();
  store->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(10)).IgnoreError();
  if (started.ok()) return started;
  return absl::UnavailableError(fmt::format("{} does not start: {}", subject.name(), std::string(started.message())));
}

ExitCode Run(const Subject& subject, const Arguments& arguments, std::chrono::seconds limit, Shell& shell) {
  const std::vector<Case> cases = SelectCases(arguments.Values("--filter"));
  if (cases.empty()) return Refuse(absl::InvalidArgumentError("no case matches --filter"), shell);
  if (absl::Status slow = CheckStaleness(subject); !slow.ok()) return Refuse(slow, shell);
  if (absl::Status failed = TryToStart(subject); !failed.ok()) return Refuse(failed, shell);
  shell.out << fmt::format("{}: {} cases\n{}\n", subject.name(), cases.size(),
                           ClaimsOf(subject.Make()->capabilities()));

  Progress* progress = new Progress(subject.name(), cases.size(), arguments.Value("--junit").value_or(""), shell.out);
  ::testing::TestEventListeners& listeners = ::testing::UnitTest::GetInstance()->listeners();
  delete listeners.Release(listeners.default_result_printer());
  listeners.Append(progress);  // which owns it from here on
  RunOnly(cases);
  ReportCrashes();
  {
    Watchdog watchdog(*progress, limit);
    [[maybe_unused]] const int failed = RUN_ALL_TESTS();
  }
  return progress->Finish() ? kExitOk : kExitFailed;
}

ExitCode List(const Arguments& arguments, Shell& shell) {
  for (const Case& each : SelectCases(arguments.Values("--filter"))) shell.out << each.full_name() << '\n';
  return kExitOk;
}

}  // namespace

ExitCode RunSuite(const std::vector<std::string>& words, Shell& shell) {
  const CommandLine line = Line();
  absl::StatusOr<Arguments> arguments = ParseArguments(line, words);
  if (!arguments.ok()) return Refuse(arguments.status(), shell);
  if (arguments->Has("--help")) {
    shell.out << line.Help();
    return kExitOk;
  }
  int argc = 1;
  char program[] = "tomada-conformance";
  char* argv[] = {program, nullptr};
  ::testing::InitGoogleTest(&argc, argv);
  if (arguments->Has("--list")) return List(*arguments, shell);

  absl::StatusOr<std::chrono::seconds> limit = CaseLimit(*arguments);
  if (!limit.ok()) return Refuse(limit.status(), shell);
  absl::StatusOr<Subject> subject = FindSubject(*arguments, shell);
  if (!subject.ok()) return Refuse(subject.status(), shell);
  testing::Select(*subject);
  try {
    return Run(*subject, *arguments, *limit, shell);
  } catch (const std::exception& error) {
    return Refuse(absl::FailedPreconditionError(error.what()), shell);
  }
}

}  // namespace tomada::conformance
