// What a shell may offer while a command line is typed.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/installation.h"

namespace tomada {

// The name by which completion.bash asks; not for people. The words typed so far follow, without the program's name.
inline constexpr char kComplete[] = "__complete";

// What the last of `words` may become: commands, options, profiles and plugins, none when only a file or a text of
// one's own can stand there. Of "--profile=lo" what may stand behind the sign. Loads no plugin.
std::vector<std::string> Completions(std::span<const Command> commands, std::span<const std::string> words,
                                     const Installation& installation);

}  // namespace tomada
