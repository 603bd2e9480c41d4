#include "router/router.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "rpc/percent.h"

namespace tomada::pistache_http {

using Segment = PathTemplate::Segment;

// The end of a template: one route for each method.
struct Router::Leaf {
  struct Route {
    std::string owner;
    size_t route;
    std::vector<PathTemplate::Variable> variables;
  };
  std::map<std::string, Route, std::less<>> methods;
  std::vector<Segment> segments;
};

struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> one;
  std::unique_ptr<Node> many;
  std::map<std::string, Leaf, std::less<>> leaves;  // by verb

  Node& Child(const Segment& segment) {
    std::unique_ptr<Node>& child = segment.kind == Segment::Kind::kLiteral ? literals[segment.literal]
                                   : segment.kind == Segment::Kind::kOne   ? one
                                                                           : many;
    if (!child) child = std::make_unique<Node>();
    return *child;
  }
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;
Router::~Router() = default;

absl::Status Router::Add(std::string_view method, const PathTemplate& path, std::string owner, size_t route) {
  Node* node = root_.get();
  for (const Segment& segment : path.segments) node = &node->Child(segment);
  Leaf& leaf = node->leaves[path.verb];
  leaf.segments = path.segments;
  auto [entry, added] = leaf.methods.try_emplace(std::string(method), Leaf::Route{owner, route, path.variables});
  if (added) return absl::OkStatus();
  return absl::AlreadyExistsError(fmt::format("two routes for {} {}: {} and {}; leave one of them out", method,
                                              path.Shape(), entry->second.owner, owner));
}

// One look-up. Visits a node at most once for each segment of the path, so its time is bounded by nodes times segments.
class Router::Search {
 public:
  Search(std::string_view method, std::vector<std::string_view> raw) : method_(method), raw_(std::move(raw)) {}

  // False when a percent-encoding is malformed.
  bool DecodeSegments() {
    for (std::string_view segment : raw_) {
      if (segment.find('%') == std::string_view::npos) {
        decoded_.emplace_back();
        continue;
      }
      auto decoded = rpc::PercentDecode(segment, rpc::Decode::kAll);
      if (!decoded) return false;
      decoded_.push_back(std::move(*decoded));
    }
    return true;
  }

  void Run(const Node& root, Match& match) {
    match_ = &match;
    if (WalkWithVerb(root) || Walk(root, 0) || allowed_.empty()) return;
    match.result = Match::Result::kNoMethod;
    match.allow = Allow();
  }

 private:
  // What follows the last colon is tried as a verb before it is taken for a part of its segment.
  bool WalkWithVerb(const Node& root) {
    size_t colon = raw_.empty() ? std::string_view::npos : raw_.back().rfind(':');
    if (colon == std::string_view::npos || colon + 1 == raw_.back().size()) return false;
    std::string_view whole = raw_.back();
    std::string decoded = std::move(decoded_.back());
    verb_ = whole.substr(colon + 1);
    raw_.back() = whole.substr(0, colon);
    decoded_.back() = decoded.empty() ? "" : rpc::PercentDecode(raw_.back(), rpc::Decode::kAll).value_or("");
    bool found = Walk(root, 0);
    verb_ = {};
    raw_.back() = whole;
    decoded_.back() = std::move(decoded);
    return found;
  }

  std::string_view Decoded(size_t i) const { return decoded_[i].empty() ? raw_[i] : std::string_view(decoded_[i]); }

  bool Walk(const Node& node, size_t at) {
    if (at == raw_.size()) {
      if (End(node)) return true;
    } else {
      auto literal = node.literals.find(Decoded(at));
      if (literal != node.literals.end() && Walk(*literal->second, at + 1)) return true;
      if (node.one && !raw_[at].empty() && Walk(*node.one, at + 1)) return true;
    }
    if (!node.many) return false;
    // The shortest match of `**` first, so that the literals after it can match.
    for (size_t next = at; next <= raw_.size(); ++next) {
      if (Walk(*node.many, next)) return true;
    }
    return false;
  }

  bool End(const Node& node) {
    auto leaf = node.leaves.find(verb_);
    if (leaf == node.leaves.end()) return false;
    const auto& methods = leaf->second.methods;
    auto found = methods.find(method_);
    if (found == methods.end() && method_ == "HEAD") found = methods.find("GET");
    if (found == methods.end()) found = methods.find("*");
    if (found == methods.end()) {
      for (const auto& [method, route] : methods) allowed_.insert(method);
      return false;
    }
    match_->result = Match::Result::kFound;
    match_->route = found->second.route;
    Capture(leaf->second, found->second.variables);
    return true;
  }

  void Capture(const Leaf& leaf, const std::vector<PathTemplate::Variable>& variables) {
    for (const PathTemplate::Variable& variable : variables) {
      bool one = variable.end - variable.begin == 1 && leaf.segments[variable.begin].kind == Segment::Kind::kOne;
      size_t begin = IndexInPath(leaf, variable.begin);
      size_t end = IndexInPath(leaf, variable.end);
      if (one) {
        match_->values.emplace_back(Decoded(begin));
        continue;
      }
      std::string joined;
      for (size_t i = begin; i < end; ++i) {
        if (i > begin) joined += '/';
        joined += raw_[i];
      }
      match_->values.push_back(rpc::PercentDecode(joined, rpc::Decode::kAllButSlash).value_or(""));
    }
  }

  // The index in the path of a segment of the template: they differ after a `**`, by the number of segments it matched.
  size_t IndexInPath(const Leaf& leaf, size_t in_template) const {
    for (size_t i = 0; i < in_template; ++i) {
      if (leaf.segments[i].kind == Segment::Kind::kMany) return in_template + raw_.size() - leaf.segments.size();
    }
    return in_template;
  }

  std::string Allow() const {
    std::set<std::string> all = allowed_;
    if (all.count("GET") > 0) all.insert("HEAD");
    all.insert("OPTIONS");
    return fmt::format("{}", fmt::join(all, ", "));
  }

  std::string_view method_;
  std::string_view verb_;
  std::vector<std::string_view> raw_;
  std::vector<std::string> decoded_;  // empty where it is the same as raw
  std::set<std::string> allowed_;
  Match* match_ = nullptr;
};

Router::Match Router::Find(std::string_view method, std::string_view path) const {
  Match match;
  if (path.empty() || path.front() != '/') return match;
  std::vector<std::string_view> segments;
  for (size_t at = 1; at <= path.size();) {
    size_t end = std::min(path.find('/', at), path.size());
    segments.push_back(path.substr(at, end - at));
    at = end + 1;
  }
  if (segments.size() == 1 && segments.front().empty()) segments.clear();  // "/" has none
  Search search(method, std::move(segments));
  if (!search.DecodeSegments()) {
    match.result = Match::Result::kMalformed;
    return match;
  }
  search.Run(*root_, match);
  return match;
}

}  // namespace tomada::pistache_http
