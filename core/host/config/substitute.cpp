#include "config/substitute.h"

#include <algorithm>
#include <utility>

#include <absl/status/statusor.h>
#include <fmt/format.h>

#include "config/file.h"
#include "config/message.h"

namespace tomada {
namespace {

constexpr int kMaxDepth = 16;
constexpr size_t kMaxTotal = 1 << 20;  // of everything that comes into one profile

bool IsVariableName(std::string_view name) {
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  auto character = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && letter(name.front()) && std::ranges::all_of(name, character);
}

// Of the brace that closes the first one in `text`; npos when there is none.
size_t ClosingBrace(std::string_view text) {
  int open = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    open += text[i] == '{';
    if (text[i] == '}' && --open == 0) return i;
  }
  return std::string_view::npos;
}

bool HasMatchingBraces(std::string_view text) {
  int open = 0;
  for (char c : text) {
    open += (c == '{') - (c == '}');
    if (open < 0) return false;
  }
  return open == 0;
}

class Substituter {
 public:
  Substituter(const EnvironmentLookup& environment, const std::filesystem::path& folder, Diagnostics& diagnostics,
              std::vector<std::filesystem::path>& files)
      : environment_(environment), folder_(folder), diagnostics_(diagnostics), files_(files) {}

  void Visit(Node& node) {
    if (node.kind == Node::Kind::kScalar) VisitScalar(node);
    for (Node& item : node.items) Visit(item);
    for (Entry& entry : node.entries) Visit(entry.value);
  }

 private:
  void VisitScalar(Node& node) {
    node_ = &node;
    absl::StatusOr<std::string> text = Expand(node.text, true, 0);
    if (text.ok()) {
      node.text = *std::move(text);
    } else {
      diagnostics_.Error(node.where, std::string(text.status().message()));
      node.kind = Node::Kind::kBroken;
    }
  }

  // `text` with every ${...} in its place. Not `used`: a default that another value stands in for, which is only
  // looked over for mistakes.
  absl::StatusOr<std::string> Expand(std::string_view text, bool used, int depth) {
    if (depth > kMaxDepth)
      return absl::InvalidArgumentError(fmt::format("`${{` in `${{`, more than {} deep", kMaxDepth));
    std::string result, literal;
    bool has_references = false;
    for (size_t dollar; (dollar = text.find('$')) != std::string_view::npos;) {
      result += text.substr(0, dollar);
      literal += text.substr(0, dollar);
      text.remove_prefix(dollar);
      if (!text.starts_with("${")) {
        result += '$';
        text.remove_prefix(text.starts_with("$$") ? 2 : 1);
        continue;
      }
      const size_t end = ClosingBrace(text);
      if (end == std::string_view::npos)
        return absl::InvalidArgumentError("`${` without `}`: write `$$` for a literal `$`");
      absl::StatusOr<std::string> value = Lookup(text.substr(2, end - 2), used, depth);
      if (!value.ok()) return value;
      has_references = true;
      result += *value;
      text.remove_prefix(end + 1);
    }
    if (has_references && !HasMatchingBraces(literal += text))
      return absl::InvalidArgumentError("a brace around `${...}` without its other half");
    if (has_references) node_->external = true, node_->quoted = false;
    return result += text;
  }

  // The value of what stands between the braces; adds to the node's origin when it came from outside.
  absl::StatusOr<std::string> Lookup(std::string_view reference, bool used, int depth) {
    absl::StatusOr<std::string> value = reference.starts_with("file:") ? FromFile(reference.substr(5), used, depth)
                                                                       : FromEnvironment(reference, used, depth);
    if (!value.ok()) return value;
    total_ += value->size();
    if (total_ > kMaxTotal) return absl::InvalidArgumentError("more than 1MiB comes in by `${...}` so far");
    return value;
  }

  absl::StatusOr<std::string> FromEnvironment(std::string_view reference, bool used, int depth) {
    size_t separator = reference.find(":-");
    bool has_default = separator != std::string_view::npos;
    std::string name(reference.substr(0, separator));
    if (!IsVariableName(name)) {
      return absl::InvalidArgumentError(
          fmt::format("{} is no variable: expected ${{NAME}}, ${{NAME:-default}} or ${{file:PATH}}", Quote(name)));
    }
    std::optional<std::string> value = used ? environment_(name) : std::nullopt;
    if (has_default) {
      const bool defaulted = used && (!value || value->empty());
      absl::StatusOr<std::string> text = Expand(reference.substr(separator + 2), defaulted, depth + 1);
      if (defaulted || !text.ok()) return text;
    }
    if (!used) return std::string();
    if (value) {
      AddOrigin("environment " + name);
      return *std::move(value);
    }
    return absl::NotFoundError(
        fmt::format("environment variable `{0}` is not set: set it, or give a default with ${{{0}:-default}}", name));
  }

  void AddOrigin(const std::string& source) { node_->origin += (node_->origin.empty() ? "" : ", ") + source; }

  absl::StatusOr<std::string> FromFile(std::string_view name, bool used, int depth) {
    absl::StatusOr<std::string> path = Expand(name, used, depth + 1);
    if (!path.ok() || !used) return path;
    const Location& where = node_->where;
    files_.push_back((where.line > 0 ? std::filesystem::path(where.file).parent_path() : folder_) / *path);
    absl::StatusOr<std::string> content = ReadValueFile(files_.back());
    if (!content.ok())
      return absl::NotFoundError(fmt::format("file {} {}", Quote(name), std::string(content.status().message())));
    AddOrigin("file " + std::string(name));
    return content;
  }

  const EnvironmentLookup& environment_;
  const std::filesystem::path& folder_;
  Diagnostics& diagnostics_;
  std::vector<std::filesystem::path>& files_;
  Node* node_ = nullptr;  // the scalar that is being visited
  size_t total_ = 0;
};

}  // namespace

void Substitute(Node& node, const EnvironmentLookup& environment, const std::filesystem::path& folder,
                Diagnostics& diagnostics, std::vector<std::filesystem::path>& files) {
  Substituter(environment, folder, diagnostics, files).Visit(node);
}

}  // namespace tomada
