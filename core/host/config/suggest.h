// "did you mean": for keys, ids, plugin names and command line flags.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tomada {

// The candidate that `word` most likely is a slip of: at most one edit (insert, delete, replace, swap neighbours) for
// every three characters, and one in shorter words. The first of equally near ones. "" when none is near.
std::string Suggest(std::string_view word, const std::vector<std::string>& candidates);

// What to append to "unknown ...": " (did you mean `listen`?)", else " (known: listen, workers)", else "". A long list
// is cut.
std::string Hint(std::string_view word, const std::vector<std::string>& candidates);
// The second half alone, for a word that may not be shown or guessed at.
std::string KnownHint(const std::vector<std::string>& candidates);

}  // namespace tomada
