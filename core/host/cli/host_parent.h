// The process above the host: with `tomada run --watch`, and where orphans become its children.
#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "cli/command.h"

namespace tomada {

// Whether this process becomes the parent of orphans, as the first process of a container does. Somebody has to wait
// for them, or they stay zombies; the host itself must not: it would take the statuses of a plugin's own children.
bool InheritsOrphans();

// Runs `profile` in a host that is a child process, `tomada run` with the options `words`, and waits for every other
// child there is.
// Signals are passed on. When this process dies, SIGTERM ends the child. Returns the child's exit code, 128 and the
// signal when one killed it.
//
// With `watch` a change of the profile, a file that it names or a plugin restarts the host: a new child checks the new
// state, and only when that is good the old one is stopped, as by SIGTERM, and the new one starts. A state with
// mistakes changes nothing but what is printed. A host that ends by itself is started again at the next change.
int RunHostParent(const std::vector<std::string>& words, const std::filesystem::path& profile, bool watch,
                  Shell& shell);

// The name by which the parent runs the command in the child, and its option: what changed, for the log.
inline constexpr char kChildRun[] = "__run-child";
inline constexpr char kChanged[] = "--changed";

// The child's side. To be called first: the end of the parent stops the child.
void FollowParent();
// Tells the parent the files from which this state was made, good or not.
void ReportFiles(const std::set<std::filesystem::path>& files);
// Tells it that the state is good, and waits until the host before this one has ended. False when this one is not to
// start: the parent has died, or `give_up` says so.
bool AwaitStart(const std::function<bool()>& give_up);

}  // namespace tomada
