#include "loader/probe.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "loader/child_process.h"
#include "loader/generated_code.h"
#include "loader/probe_protocol.h"
#include "loader/refusal.h"

namespace tomada {
namespace {

using Files = std::vector<PluginFile>;

constexpr size_t kMostGenerated = 1000;  // libraries that are remembered; a plugin may report any number

enum class Step { kNone, kOpening, kDescribing };

// One run of the child over some files.
struct Trial {
  std::vector<std::optional<std::string>> verdicts;  // for the files it got through: why it refused one, or nothing
  Step step = Step::kNone;                           // with the file after those
  std::map<std::string, std::string> generated;      // the files of generated code that were opened, by NAME
  ChildEnd end;

  bool survived(const Files& files) const { return verdicts.size() == files.size(); }
};

absl::StatusOr<Trial> Try(const Files& files, const LoaderOptions& options) {
  std::vector<std::string> arguments{probe_protocol::kArgument};
  for (const PluginFile& file : files) arguments.insert(arguments.end(), {file.name, file.path.string()});
  Trial trial;
  auto hear = [&](std::string_view report) {
    if (trial.survived(files)) return;  // a plugin may write to any descriptor
    if (report == probe_protocol::kOpening) trial.step = Step::kOpening;
    if (report.starts_with(probe_protocol::kUses) && trial.generated.size() < kMostGenerated) {
      auto code = GeneratedCode::Of(report.substr(probe_protocol::kUses.size()));
      if (code) trial.generated.emplace(std::move(code->name), std::move(code->library));
    }
    if (report == probe_protocol::kDescribing) trial.step = Step::kDescribing;
    if (report == probe_protocol::kAccepted) trial.verdicts.emplace_back();
    if (report.starts_with(probe_protocol::kRefused)) {
      trial.verdicts.emplace_back(report.substr(probe_protocol::kRefused.size()));
    }
  };
  absl::StatusOr<ChildEnd> end = RunChild(options.probe_program, arguments, options.time_limit, hear, options.give_up);
  if (!end.ok()) return end.status();
  if (end->given_up) return absl::CancelledError("it was given up");
  if (trial.step == Step::kNone) {
    return absl::InternalError(fmt::format("{} opened nothing ({})", options.probe_program.string(), end->ToString()));
  }
  trial.end = *std::move(end);
  return trial;
}

// The line of the child's output that tells most about its death, made safe to print; empty when it said nothing.
std::string LastWords(std::string_view output) {
  constexpr std::string_view kThrown = "what():  ";
  constexpr std::string_view kSanitizer = "SUMMARY: ";
  std::string_view words;
  for (size_t begin = 0; begin < output.size();) {
    std::string_view line = output.substr(begin, output.find('\n', begin) - begin);
    begin += line.size() + 1;
    if (size_t at = line.find(kThrown); at != line.npos) {
      words = line.substr(at + kThrown.size());
      break;
    }
    if (!line.empty()) words = line;
    if (line.starts_with(kSanitizer)) break;
  }
  return PrintableWords(words);
}

// The .proto file that protobuf found to be registered already; empty when that was not the cause.
std::string DuplicateProto(std::string_view output) {
  constexpr std::string_view kComplaint = "File already exists in database: ";
  size_t at = output.find(kComplaint);
  if (at == output.npos) return {};
  std::string_view rest = output.substr(at + kComplaint.size());
  return std::string(rest.substr(0, rest.find('\n')));
}

std::string Death(const ChildEnd& end) {
  std::string words = LastWords(end.output);
  return words.empty() ? end.ToString() : fmt::format("{}: {}", end.ToString(), words);
}

std::string ExplainAlone(const PluginFile& file, const Trial& trial, const LoaderOptions& options) {
  std::string path = file.path.string();
  std::string limit = absl::FormatDuration(options.time_limit);
  bool describing = trial.step == Step::kDescribing;
  if (trial.end.timed_out && describing) {
    return fmt::format("{}: its descriptor did not return within {}; let it only describe, and act in Start", path,
                       limit);
  }
  if (trial.end.timed_out) {
    return fmt::format("{}: a static constructor in it did not return within {}; act in the component's Start instead",
                       path, limit);
  }
  if (describing) {
    return fmt::format("{}: its descriptor ends the process ({}); correct the plugin's source", path, Death(trial.end));
  }
  return fmt::format(
      "{}: opening it ends the process ({}); the file is damaged or a static constructor in it fails: build it again, "
      "or correct its source",
      path, Death(trial.end));
}

// `trial` opened the first and died of the second, which `alone` opened by itself.
std::string ExplainPair(const PluginFile& first, const PluginFile& second, const Trial& trial, const Trial& alone) {
  const std::string proto = DuplicateProto(trial.end.output);
  for (const auto& [name, library] : alone.generated) {
    const auto other = trial.generated.find(name);
    if (other == trial.generated.end() || other->second == library) continue;
    return fmt::format(
        "{} and {} are built from different versions of {} ({} and {}), of which a process takes one; build both from "
        "the same",
        first.path.string(), second.path.string(), PrintableWords(proto.empty() ? name : proto),
        PrintableWords(other->second), PrintableWords(library));
  }
  if (!proto.empty()) {
    return fmt::format(
        "{} and {} each contain their own generated copy of {}; link the shared library of generated code instead",
        first.path.string(), second.path.string(), proto);
  }
  return fmt::format(
      "{} and {} end the process when opened one after the other, though each can be opened alone ({}); "
      "move the code they both contain to a shared library",
      first.path.string(), second.path.string(), trial.end.timed_out ? "it hangs" : Death(trial.end));
}

// Why the child died at files[culprit]: tried alone, then after each of those before it.
absl::StatusOr<std::string> Explain(const Files& files, size_t culprit, const Trial& trial,
                                    const LoaderOptions& options) {
  const PluginFile& file = files[culprit];
  if (trial.end.timed_out) return ExplainAlone(file, trial, options);
  absl::StatusOr<Trial> alone = Try({file}, options);
  if (!alone.ok()) return alone.status();
  if (!alone->survived({file})) return ExplainAlone(file, *alone, options);
  for (size_t i = 0; i < culprit; ++i) {
    Files pair{files[i], file};
    absl::StatusOr<Trial> together = Try(pair, options);
    if (!together.ok()) return together.status();
    if (!together->survived(pair)) return ExplainPair(files[i], file, *together, *alone);
  }
  return fmt::format(
      "{}: opening it after all of the others ends the process ({}), though it can be opened alone and "
      "after each of them; move the code they share to a shared library",
      file.path.string(), Death(trial.end));
}

// Moves the files that the trial refused out of `files`.
void TakeRefused(Trial& trial, Files& files, std::vector<ProbeResult::Refusal>& refused) {
  Files left;
  for (size_t i = 0; i < files.size(); ++i) {
    if (i < trial.verdicts.size() && trial.verdicts[i]) {
      refused.push_back({std::move(files[i]), *std::move(trial.verdicts[i])});
    } else {
      left.push_back(std::move(files[i]));
    }
  }
  files = std::move(left);
}

// One child over all files, and others to find out why it died: true when it survived and `files` holds what it
// accepted; false when `files` holds fewer than before, to be tried again.
absl::StatusOr<bool> Round(Files& files, const LoaderOptions& options, std::vector<ProbeResult::Refusal>& refused) {
  absl::StatusOr<Trial> trial = Try(files, options);
  if (!trial.ok()) return trial.status();
  bool survived = trial->survived(files);
  if (!survived) {
    absl::StatusOr<std::string> why = Explain(files, trial->verdicts.size(), *trial, options);
    if (!why.ok()) return why.status();
    trial->verdicts.push_back(*std::move(why));
  }
  TakeRefused(*trial, files, refused);
  return survived;
}

// Rounds until a child survives what is left of the files, which is returned.
Files ProbeSet(Files files, const LoaderOptions& options, std::vector<ProbeResult::Refusal>& refused) {
  for (bool done = files.empty(); !done;) {
    absl::StatusOr<bool> survived = Round(files, options, refused);
    if (!survived.ok()) {
      for (PluginFile& file : files) {
        absl::Status refusal =
            Refusal(file.path, "could not be tried in a child process: " + std::string(survived.status().message()));
        refused.push_back({std::move(file), std::string(refusal.message())});
      }
      return {};
    }
    done = *survived || files.empty();
  }
  return files;
}

}  // namespace

ProbeResult Probe(Files files, const LoaderOptions& options) {
  ProbeResult result;
  if (options.each_alone_first) {
    Files able;
    for (const PluginFile& file : files)
      std::ranges::move(ProbeSet({file}, options, result.refused), std::back_inserter(able));
    files = std::move(able);
  }
  result.accepted = ProbeSet(std::move(files), options, result.refused);
  return result;
}

}  // namespace tomada
