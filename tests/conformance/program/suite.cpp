#include "suite.h"

#include <charconv>
#include <chrono>
#include <exception>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "progress.h"
#include "selection.h"
#include "watchdog.h"

namespace tomada::conformance {
namespace {

ExitCode Refuse(const absl::Status& error, const std::string& program, Shell& shell) {
  shell.err << fmt::format("{}: {}\n", program, std::string(error.message()));
  if (absl::IsInvalidArgument(error)) shell.err << fmt::format("Try `{} --help`.\n", program);
  return kExitBadConfig;
}

absl::StatusOr<Suite::Ready> GetReady(const Suite& suite, const Arguments& arguments, Shell& shell) {
  try {
    return suite.prepare(arguments, shell);
  } catch (const std::exception& error) {
    return absl::FailedPreconditionError(error.what());
  }
}

ExitCode RunCases(const std::vector<Case>& cases, const Suite::Ready& ready, const std::string& junit_file,
                  std::chrono::seconds limit, Shell& shell) {
  shell.out << fmt::format("{}: {} cases\n{}", ready.title, cases.size(), ready.note);
  Progress* progress = new Progress(ready.title, cases.size(), junit_file, shell.out);
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

}  // namespace

ExitCode Run(Suite suite, const std::vector<std::string>& words, Shell& shell) {
  const Flag own[] = {{"--filter", "GLOB", "Run the cases that match: 'races.*', '*Token*'.", true},
                      {"--list", "", "Print the cases and run none."},
                      {"--junit", "FILE", "Write the results as JUnit XML."},
                      {"--case-limit", "SECONDS", "How long a case may take before it counts as hanging; 120."}};
  suite.line.flags.insert(suite.line.flags.end(), std::begin(own), std::end(own));
  const std::string& program = suite.line.program;
  absl::StatusOr<Arguments> arguments = ParseArguments(suite.line, words);
  if (!arguments.ok()) return Refuse(arguments.status(), program, shell);
  if (arguments->Has("--help")) {
    shell.out << suite.line.Help();
    return kExitOk;
  }
  int argc = 1;
  char name[] = "tomada-conformance";
  char* argv[] = {name, nullptr};
  ::testing::InitGoogleTest(&argc, argv);
  const std::vector<Case> cases = SelectCases(suite.instances, arguments->Values("--filter"));
  if (arguments->Has("--list")) {
    for (const Case& each : cases) shell.out << each.full_name() << '\n';
    return kExitOk;
  }
  absl::StatusOr<std::chrono::seconds> limit = SecondsOf(*arguments, "--case-limit", "120");
  if (!limit.ok()) return Refuse(limit.status(), program, shell);
  if (cases.empty()) return Refuse(absl::InvalidArgumentError("no case matches --filter"), program, shell);
  absl::StatusOr<Suite::Ready> ready = GetReady(suite, *arguments, shell);
  if (!ready.ok()) return Refuse(ready.status(), program, shell);
  return RunCases(cases, *ready, arguments->Value("--junit").value_or(""), *limit, shell);
}

absl::StatusOr<std::chrono::seconds> SecondsOf(const Arguments& arguments, const std::string& flag,
                                               const std::string& otherwise) {
  const std::string text = arguments.Value(flag).value_or(otherwise);
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 1) {
    return absl::InvalidArgumentError(fmt::format("{}: `{}` is no number of seconds", flag, text));
  }
  return std::chrono::seconds(seconds);
}

absl::StatusOr<std::vector<std::pair<std::string, std::string>>> PairsOf(const Arguments& arguments,
                                                                         const std::string& flag) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& text : arguments.Values(flag)) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos) {
      return absl::InvalidArgumentError(fmt::format("{}: expected NAME=VALUE, not `{}`", flag, text));
    }
    pairs.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return pairs;
}

}  // namespace tomada::conformance
