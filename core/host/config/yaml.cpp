#include "config/yaml.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "config/message.h"
#include "config/text.h"

namespace tomada {
namespace {

constexpr size_t kMaxNesting = 64;
constexpr size_t kMaxNodes = 10000;
constexpr size_t kMaxText = 4 << 20;

// Thrown through yaml-cpp's parser to end it, after the reason was reported.
struct Abandoned {};

// What an alias adds to the tree.
struct Extent {
  size_t nodes = 1;
  size_t text = 0;
  size_t depth = 0;  // levels of lists and maps

  void Include(const Extent& part) {
    nodes += part.nodes;
    text += part.text;
    depth = std::max(depth, part.depth);
  }
};

Extent Measure(const Node& node) {
  Extent extent;
  extent.text = node.text.size();
  for (const Node& item : node.items) extent.Include(Measure(item));
  for (const Entry& entry : node.entries) {
    extent.Include({1, entry.key.size(), 0});
    extent.Include(Measure(entry.value));
  }
  extent.depth += node.kind == Node::Kind::kList || node.kind == Node::Kind::kMap;
  return extent;
}

// Where yaml-cpp's marks are, in characters from 1. Marks come nearly in order, so that the count within a line goes
// on from the last one: a long line is not counted again for each of its values.
class Places {
 public:
  Places(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  Location At(const YAML::Mark& mark) {
    if (mark.is_null()) return {file_, 0, 0};
    size_t offset = std::min(static_cast<size_t>(mark.pos), text_.size());
    if (mark.line != line_ || offset < offset_) {
      line_ = mark.line;
      offset_ = offset - std::min(static_cast<size_t>(mark.column), offset);
      column_ = 1;
    }
    for (; offset_ < offset; ++offset_) column_ += (text_[offset_] & 0xC0) != 0x80;
    return {file_, line_ + 1, column_};
  }

 private:
  std::string_view text_;
  std::string file_;
  int line_ = -1;
  size_t offset_ = 0;
  int column_ = 1;
};

// Builds the tree from the parser's events, which come depth first. A map's keys and values come as nodes in turn.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, const std::string& file, Diagnostics& diagnostics)
      : text_(text), places_(text, file), diagnostics_(diagnostics) {}

  Node TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (std::exchange(started_, true)) RefuseSecondDocument(mark);
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.where = places_.At(mark);
    // An absent value is marked where the next token is, which may be lines further on.
    if (!open_.empty() && open_.back().has_key && open_.back().key_where.line != node.where.line)
      node.where = open_.back().key_where;
    Charge({}, node.where);
    Add(std::move(node), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node;
    node.kind = Node::Kind::kScalar;
    node.text = value;
    node.quoted = tag == "!";
    node.where = places_.At(mark);
    RefuseTag(tag, node.where);
    Charge({1, value.size(), 0}, node.where);
    Add(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    auto found = anchors_.find(anchor);
    if (found == anchors_.end()) Abandon(places_.At(mark), "an alias to what contains it");
    Charge(Measure(found->second), places_.At(mark));
    Add(found->second, 0);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(Node::Kind::kList, mark, tag, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(Node::Kind::kMap, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapEnd() override { Close(); }

 private:
  // A list or map whose end has not come yet.
  struct OpenNode {
    Node node;
    YAML::anchor_t anchor = 0;
    bool has_key = false;     // of a map: the key has come, its value not
    bool drop_value = false;  // the key was wrong, and has been reported
    std::string key;
    Location key_where;
  };

  void Open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    OpenNode open;
    open.node.kind = kind;
    open.node.where = places_.At(mark);
    open.anchor = anchor;
    RefuseTag(tag, open.node.where);
    Charge({1, 0, 1}, open.node.where);
    open_.push_back(std::move(open));
  }

  void Close() {
    OpenNode closed = std::move(open_.back());
    open_.pop_back();
    Add(std::move(closed.node), closed.anchor);
  }

  void Add(Node node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_.emplace(anchor, node);
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (OpenNode& parent = open_.back(); parent.node.kind == Node::Kind::kList) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.has_key) {
      TakeKey(parent, node);
    } else {
      parent.has_key = false;
      if (!parent.drop_value) parent.node.entries.push_back({parent.key, parent.key_where, std::move(node)});
    }
  }

  void TakeKey(OpenNode& map, const Node& key) {
    map.has_key = true;
    map.key = key.text;
    map.key_where = key.where;
    map.drop_value = true;
    if (key.kind != Node::Kind::kScalar) {
      diagnostics_.Error(key.where, "a key must be a word" + Got(key));
    } else if (const Entry* first = map.node.Find(key.text)) {
      diagnostics_.Error(key.where,
                         fmt::format("duplicate key {}: it is also in line {}", Quote(key.text), first->where.line));
    } else {
      map.drop_value = false;
    }
  }

  // Keeps the tree, aliases expanded, within the limits: before it grows.
  void Charge(const Extent& added, const Location& where) {
    size_.nodes += added.nodes;
    size_.text += added.text;
    if (open_.size() + added.depth > kMaxNesting)
      Abandon(where, fmt::format("nested more than {} levels deep", kMaxNesting));
    if (size_.nodes > kMaxNodes) Abandon(where, fmt::format("more than {} values, aliases expanded", kMaxNodes));
    if (size_.text > kMaxText) Abandon(where, "more than 4MiB of text, aliases expanded");
  }

  void RefuseTag(const std::string& tag, const Location& where) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    diagnostics_.Error(where, "a YAML tag (`!...`) has no meaning here: remove it");
  }

  // yaml-cpp also begins a document where a line fits nothing above it.
  void RefuseSecondDocument(const YAML::Mark& mark) {
    size_t offset = std::min(static_cast<size_t>(mark.pos), text_.size());
    std::string_view above = text_.substr(0, text_.find_last_not_of(" \t\r\n", offset - 1) + 1);
    bool marked = text_.substr(offset).starts_with("---") || above.ends_with("\n...");
    Abandon(places_.At(mark), marked ? "a second document starts here: a profile is one document"
                                     : "YAML syntax: this line fits nothing above it: is its indentation right?");
  }

  [[noreturn]] void Abandon(const Location& where, std::string message) {
    diagnostics_.Error(where, std::move(message));
    throw Abandoned();
  }

  std::string_view text_;
  Places places_;
  Diagnostics& diagnostics_;
  bool started_ = false;
  Node root_;
  std::vector<OpenNode> open_;
  std::map<YAML::anchor_t, Node> anchors_;
  Extent size_{0, 0, 0};
};

std::string_view LineAt(std::string_view text, size_t start) {
  return text.substr(start, text.find('\n', start) - start);
}

// yaml-cpp's message in words of someone who wrote YAML and does not know how it is parsed.
std::string Explain(const std::string& message) {
  static const std::map<std::string, std::string> kExplanations = {
      {"end of map not found", "this line does not fit those above it: is its indentation right?"},
      {"end of sequence not found", "this line does not fit the list above it: is its indentation right?"},
      {"illegal map value", "unexpected `:`: is the indentation right? A value that contains `: ` needs quotes"},
      {"end of map flow not found", "`{` without its `}` (inside `{...}` and `[...]`, write \"${NAME}\" in quotes)"},
      {"end of sequence flow not found",
       "`[` without its `]` (inside `{...}` and `[...]`, write \"${NAME}\" in quotes)"},
      {"illegal flow end", "`}` or `]` that ends nothing"},
      {"illegal EOF in scalar", "a quote that is never closed"},
      {"illegal document indicator in scalar", "a quote that is not closed before the next document"},
      {"the referenced anchor is not defined", "an alias (`*name`) whose anchor (`&name`) is not above it"},
      {"unknown token", "a value cannot begin with this character: put it in quotes"},
  };
  auto found = kExplanations.find(message);
  return "YAML syntax: " + (found == kExplanations.end() ? message : found->second);
}

// A TAB in the indentation makes yaml-cpp complain in many ways, at that line or at the next one.
std::optional<Location> FindTab(std::string_view text, const YAML::Mark& mark, const std::string& file) {
  size_t start = 0;
  for (int line = 0; line <= mark.line && start < text.size(); ++line) {
    std::string_view indentation = LineAt(text, start);
    indentation = indentation.substr(0, indentation.find_first_not_of(" \t"));
    if (size_t tab = indentation.find('\t'); line >= mark.line - 1 && tab != std::string_view::npos)
      return Location{file, line + 1, static_cast<int>(tab) + 1};
    start += LineAt(text, start).size() + 1;
  }
  return std::nullopt;
}

}  // namespace

const Entry* Node::Find(std::string_view key) const {
  auto found = std::ranges::find(entries, key, &Entry::key);
  return found == entries.end() ? nullptr : &*found;
}

Entry* Node::Find(std::string_view key) { return const_cast<Entry*>(std::as_const(*this).Find(key)); }

std::optional<Node> ParseYaml(std::string_view text, const std::string& file, Diagnostics& diagnostics) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  TreeBuilder builder(text, file, diagnostics);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (parser.HandleNextDocument(builder)) parser.HandleNextDocument(builder);
    return builder.TakeRoot();
  } catch (const Abandoned&) {
  } catch (const YAML::Exception& error) {
    if (std::optional<Location> tab = FindTab(text, error.mark, file)) {
      diagnostics.Error(*tab, "a TAB in the indentation: YAML is indented with spaces");
    } else {
      diagnostics.Error(Places(text, file).At(error.mark), Explain(error.msg));
    }
  }
  return std::nullopt;
}

}  // namespace tomada
