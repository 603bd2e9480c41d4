#include "config/include.h"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "config/file.h"
#include "config/message.h"
#include "config/substitute.h"
#include "config/text.h"
#include "writable.h"

namespace tomada {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxProfile = 1 << 20;
constexpr size_t kMaxIncluded = 32;

// What `over` says, key by key, in place of what `base` says.
void Overlay(Node& base, Node over) {
  if (base.kind != Node::Kind::kMap || over.kind != Node::Kind::kMap) {
    base = std::move(over);
    return;
  }
  for (Entry& entry : over.entries) {
    if (Entry* earlier = base.Find(entry.key)) {
      Overlay(earlier->value, std::move(entry.value));
    } else {
      base.entries.push_back(std::move(entry));
    }
  }
}

class Includer {
 public:
  Includer(const EnvironmentLookup& environment, Diagnostics& diagnostics, std::vector<fs::path>& files)
      : environment_(environment), diagnostics_(diagnostics), files_(files) {}

  // The whole of a file whose text is known.
  std::optional<Node> Read(std::string_view text, const std::string& path) {
    if (!CheckText(text, path, diagnostics_)) return std::nullopt;
    std::optional<Node> root = ParseYaml(text, path, diagnostics_);
    Entry* include = root ? root->Find("include") : nullptr;
    if (include == nullptr) return root;
    open_.push_back({Identity(path), path, {}});
    Node whole;
    whole.kind = Node::Kind::kMap;
    whole.where = root->where;
    Substitute(include->value, environment_, "", diagnostics_, files_);
    IncludeAll(include->value, whole);
    open_.pop_back();
    std::erase_if(root->entries, [](const Entry& entry) { return entry.key == "include"; });
    Add(*std::move(root), whole);
    if (failed_ && whole.Find("components") == nullptr) {
      Node unknown;
      unknown.kind = Node::Kind::kBroken;
      whole.entries.push_back({"components", whole.where, std::move(unknown)});
    }
    return whole;
  }

 private:
  // A file that is being read.
  struct Open {
    fs::path identity;
    std::string path;
    Location include;  // where it includes the next one
  };

  static fs::path Identity(const fs::path& path) {
    std::error_code error;
    fs::path canonical = fs::weakly_canonical(path, error);
    return error ? path : canonical;
  }

  void IncludeAll(const Node& list, Node& whole) {
    if (list.kind == Node::Kind::kBroken) return;
    if (list.kind != Node::Kind::kList || list.items.empty()) {
      Fail(list.where, fmt::format("expected a list of files, such as [parts/admin.yaml]{}",
                                   list.kind == Node::Kind::kList ? ", got an empty one" : Got(list)));
    }
    for (const Node& item : list.items) Include(item, whole);
  }

  void Include(const Node& item, Node& whole) {
    if (item.kind == Node::Kind::kBroken) return;
    if (item.kind != Node::Kind::kScalar || item.text.empty()) {
      const std::string got = item.kind == Node::Kind::kScalar ? ", got an empty text" : Got(item);
      return Fail(item.where, fmt::format("expected a file{}", got));
    }
    const std::string path = (fs::path(open_.back().path).parent_path() / item.text).lexically_normal();
    const std::string shown = item.external ? "the included file" : Quote(path);
    const fs::path identity = Identity(path);
    open_.back().include = item.where;
    if (auto circle = std::ranges::find(open_, identity, &Open::identity); circle != open_.end()) {
      std::string chain;
      for (; circle != open_.end(); ++circle) chain += circle->include.ToString() + " -> ";
      return Fail(item.where, fmt::format("{} includes itself: {}{}", shown, chain, path));
    }
    if (auto [first, added] = included_.emplace(identity, item.where); !added) {
      return Fail(item.where, fmt::format("{} is already included at {}", shown, first->second.ToString()));
    }
    if (included_.size() > kMaxIncluded)
      return Fail(item.where, fmt::format("more than {} files are included", kMaxIncluded));
    files_.push_back(path);
    absl::StatusOr<std::string> text = ReadProfileFile(path, diagnostics_);
    if (!text.ok()) return Fail(item.where, fmt::format("{} {}", shown, std::string(text.status().message())));
    std::optional<Node> part = Read(*text, path);
    if (part && part->kind == Node::Kind::kMap) return Add(*std::move(part), whole);
    if (!part || part->kind == Node::Kind::kBroken) return void(failed_ = true);
    Fail(part->kind == Node::Kind::kNull ? Location{path, 1, 1} : part->where,
         fmt::format("expected a map{}, included at {}", Got(*part), item.where.ToString()));
  }

  // Keys that no file should have, and values of the wrong kind, stay side by side: each is reported.
  void Add(Node part, Node& whole) {
    for (Entry& entry : part.entries) {
      Entry* earlier = whole.Find(entry.key);
      const bool maps =
          earlier != nullptr && earlier->value.kind == Node::Kind::kMap && entry.value.kind == Node::Kind::kMap;
      if (earlier != nullptr && (entry.key == "plugins" || earlier->value.kind == Node::Kind::kBroken)) {
        *earlier = std::move(entry);
      } else if (maps && entry.key == "host") {
        Overlay(earlier->value, std::move(entry.value));
      } else if (maps && entry.key == "components") {
        AddComponents(std::move(entry.value), earlier->value);
      } else {
        whole.entries.push_back(std::move(entry));
      }
    }
  }

  void AddComponents(Node part, Node& components) {
    for (Entry& entry : part.entries) {
      Entry* earlier = components.Find(entry.key);
      if (earlier == nullptr) {
        components.entries.push_back(std::move(entry));
      } else if (earlier->value.Find("plugin") != nullptr && entry.value.Find("plugin") != nullptr) {
        diagnostics_.Error(entry.where,
                           fmt::format("component {} is also at {}: to change that one, leave out `plugin`",
                                       Quote(entry.key), earlier->where.ToString()));
      } else {
        Overlay(earlier->value, std::move(entry.value));
      }
    }
  }

  void Fail(const Location& where, std::string message) {
    failed_ = true;
    diagnostics_.Error(where, std::move(message));
  }

  const EnvironmentLookup& environment_;
  Diagnostics& diagnostics_;
  std::vector<fs::path>& files_;
  bool failed_ = false;                    // something is missing from the whole, which has been reported
  std::vector<Open> open_;                 // from the profile to the file that is being read
  std::map<fs::path, Location> included_;  // where each was
};

}  // namespace

std::optional<Node> ReadIncludes(std::string_view text, const std::string& path, const EnvironmentLookup& environment,
                                 Diagnostics& diagnostics, std::vector<fs::path>& files) {
  return Includer(environment, diagnostics, files).Read(text, path);
}

absl::StatusOr<std::string> ReadProfileFile(const std::string& path, Diagnostics& diagnostics) {
  absl::StatusOr<std::string> text = ReadSmallFile(path, kMaxProfile);
  if (!text.ok()) return text;
  // Whoever may write the folder may put another file in its place, unless the folder is sticky as /tmp.
  for (const fs::path& each : {fs::path(path), fs::absolute(path).parent_path()}) {
    struct stat info;
    if (::stat(each.c_str(), &info) != 0 || !WritableByOthers(info) || (info.st_mode & S_ISVTX)) continue;
    diagnostics.Warning({path, 0, 0}, fmt::format("others may decide what runs here: {} can be changed by them (mode "
                                                  "{:04o}); run: chmod go-w {}",
                                                  Quote(each.string()), info.st_mode & 07777, each.string()));
  }
  return text;
}

}  // namespace tomada
