#include "config/substitute.h"

#include <algorithm>

#include <absl/status/statusor.h>
#include <fmt/format.h>

#include "config/file.h"
#include "config/message.h"

namespace tomada {
namespace {

constexpr size_t kMaxFile = 64 << 10;
constexpr size_t kMaxTotal = 1 << 20;  // of everything that comes into one profile

bool IsVariableName(std::string_view name) {
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  auto character = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && letter(name.front()) && std::ranges::all_of(name, character);
}

class Substituter {
 public:
  Substituter(const EnvironmentLookup& environment, const std::filesystem::path& folder, Diagnostics& diagnostics)
      : environment_(environment), folder_(folder), diagnostics_(diagnostics) {}

  void Visit(Node& node) {
    if (node.kind == Node::Kind::kScalar) VisitScalar(node);
    for (Node& item : node.items) Visit(item);
    for (Entry& entry : node.entries) Visit(entry.value);
  }

 private:
  void VisitScalar(Node& node) {
    absl::StatusOr<std::string> text = Expand(node);
    if (text.ok()) {
      node.text = *std::move(text);
    } else {
      diagnostics_.Error(node.where, std::string(text.status().message()));
      node.kind = Node::Kind::kBroken;
    }
  }

  absl::StatusOr<std::string> Expand(Node& node) {
    std::string result;
    std::string_view rest = node.text;
    for (size_t dollar; (dollar = rest.find('$')) != std::string_view::npos;) {
      result += rest.substr(0, dollar);
      rest.remove_prefix(dollar);
      if (rest.starts_with("${")) {
        size_t end = rest.find('}');
        if (end == std::string_view::npos)
          return absl::InvalidArgumentError("`${` without `}`: write `$$` for a literal `$`");
        absl::StatusOr<std::string> value = Lookup(rest.substr(2, end - 2), node.origin);
        if (!value.ok()) return value;
        node.external = true;
        result += *value;
        rest.remove_prefix(end + 1);
      } else {
        result += '$';
        rest.remove_prefix(rest.starts_with("$$") ? 2 : 1);
      }
    }
    return result += rest;
  }

  // The value of what stands between the braces; adds to `origin` when it came from outside.
  absl::StatusOr<std::string> Lookup(std::string_view reference, std::string& origin) {
    absl::StatusOr<std::string> value =
        reference.starts_with("file:") ? FromFile(reference.substr(5), origin) : FromEnvironment(reference, origin);
    if (!value.ok()) return value;
    total_ += value->size();
    if (total_ > kMaxTotal) return absl::InvalidArgumentError("more than 1MiB comes in by `${...}` so far");
    return value;
  }

  absl::StatusOr<std::string> FromEnvironment(std::string_view reference, std::string& origin) {
    size_t separator = reference.find(":-");
    bool has_default = separator != std::string_view::npos;
    std::string name(reference.substr(0, separator));
    if (!IsVariableName(name)) {
      return absl::InvalidArgumentError(
          fmt::format("{} is no variable: expected ${{NAME}}, ${{NAME:-default}} or ${{file:PATH}}", Quote(name)));
    }
    std::optional<std::string> value = environment_(name);
    if (has_default && (!value || value->empty())) return std::string(reference.substr(separator + 2));
    if (value) {
      AddOrigin(origin, "environment " + name);
      return *std::move(value);
    }
    return absl::NotFoundError(
        fmt::format("environment variable `{0}` is not set: set it, or give a default with ${{{0}:-default}}", name));
  }

  static void AddOrigin(std::string& origin, const std::string& source) {
    origin += (origin.empty() ? "" : ", ") + source;
  }

  absl::StatusOr<std::string> FromFile(std::string_view path, std::string& origin) {
    absl::StatusOr<std::string> content = ReadSmallFile(folder_ / path, kMaxFile);
    if (!content.ok())
      return absl::NotFoundError(fmt::format("file {} {}", Quote(path), std::string(content.status().message())));
    if (content->ends_with('\n')) content->pop_back();
    AddOrigin(origin, "file " + std::string(path));
    return content;
  }

  const EnvironmentLookup& environment_;
  const std::filesystem::path& folder_;
  Diagnostics& diagnostics_;
  size_t total_ = 0;
};

}  // namespace

void Substitute(Node& node, const EnvironmentLookup& environment, const std::filesystem::path& folder,
                Diagnostics& diagnostics) {
  Substituter(environment, folder, diagnostics).Visit(node);
}

}  // namespace tomada
