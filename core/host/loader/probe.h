// The probe: a child process that opens plugins before the host does, so that a bad one ends the child.
#pragma once

#include <string>
#include <vector>

#include "loader/loader.h"
#include "loader/plugin_file.h"

namespace tomada {

// Whether this process was started as a probe: main asks this first and, if so, does nothing but return ProbeMain.
bool IsProbe(int argc, char** argv);

// Opens and describes the plugins that the arguments name, and reports on each. Does not return.
[[noreturn]] void ProbeMain(int argc, char** argv);

struct ProbeResult {
  struct Refusal {
    PluginFile file;
    std::string message;
  };
  std::vector<PluginFile> accepted;  // can be loaded in this process, in this order
  std::vector<Refusal> refused;      // by the child, or because it died or hung
};

// Tries the files in their order, as one set: a library may be good alone and deadly after another. A child that dies
// is followed by others, which find out whether the file at which it died is to blame alone or with one before it, and
// by one for the set without it; so every culprit is named in one go. With each_alone_first it tries each by itself
// before that.
ProbeResult Probe(std::vector<PluginFile> files, const LoaderOptions& options);

}  // namespace tomada
