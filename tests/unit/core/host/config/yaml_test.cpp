#include "config/yaml.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tomada {
namespace {

std::optional<Node> Parse(const std::string& text) {
  Diagnostics diagnostics;
  return ParseYaml(text, "a.yaml", diagnostics);
}

std::string Place(const Location& where) { return Diagnostic{where, Severity::kError, ""}.ToString(); }

TEST(Yaml, KeepsOrderPlacesAndText) {
  std::optional<Node> root = Parse("b: 007\na: [x, \"7\"]\nc: |\n  two\n  lines\n");
  ASSERT_TRUE(root);
  ASSERT_EQ(root->entries.size(), 3u);
  EXPECT_EQ(root->entries[0].key, "b");
  EXPECT_EQ(root->entries[0].value.text, "007");
  EXPECT_EQ(Place(root->entries[0].value.where), "a.yaml:1:4: ");
  const Node& list = root->Find("a")->value;
  EXPECT_FALSE(list.items[0].quoted);
  EXPECT_TRUE(list.items[1].quoted);
  EXPECT_EQ(Place(list.items[1].where), "a.yaml:2:8: ");
  EXPECT_EQ(root->Find("c")->value.text, "two\nlines\n");
  EXPECT_EQ(root->Find("d"), nullptr);
}

TEST(Yaml, AnAbsentValueIsAtItsKey) {
  std::optional<Node> root = Parse("a:\n\n\nb: 1\n");
  EXPECT_EQ(root->entries[0].value.kind, Node::Kind::kNull);
  EXPECT_EQ(Place(root->entries[0].value.where), "a.yaml:1:1: ");
}

TEST(Yaml, AnAliasIsACopyAtThePlaceOfTheOriginal) {
  std::optional<Node> root = Parse("a: &x {k: v}\nb: *x\n");
  const Node& copy = root->Find("b")->value;
  EXPECT_EQ(copy.Find("k")->value.text, "v");
  EXPECT_EQ(Place(copy.where), "a.yaml:1:4: ");
}

TEST(Yaml, NestingUpToTheLimit) {
  EXPECT_TRUE(Parse(std::string(64, '[') + std::string(64, ']')));
  EXPECT_FALSE(Parse(std::string(65, '[') + std::string(65, ']')));
}

TEST(Yaml, NodesUpToTheLimit) {
  auto list = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += "- a\n";
    return text;
  };
  EXPECT_TRUE(Parse(list(9999)));
  EXPECT_FALSE(Parse(list(10000)));
}

// One byte made YAML::LoadAll loop for ever; each of these is a document, an error or nothing, at once.
TEST(Yaml, AnyOneOrTwoCharacters) {
  constexpr std::string_view kCharacters = "\t\n\r !\"#%&'*,-.:;<>?@[]{}|~`a0$";
  for (char first : kCharacters) {
    Parse(std::string(1, first));
    for (char second : kCharacters) Parse(std::string{first, second});
  }
}

TEST(Yaml, HostileTextsEndSoon) {
  auto start = std::chrono::steady_clock::now();
  for (std::string_view unit :
       {"[", "{", "- ", "? ", "a: ", "a ", "&a ", "!a ", "\"", "'", "|", "#", "\n", "a,", "[a,", "%a\n", "*a "}) {
    std::string text;
    while (text.size() + unit.size() <= 1 << 18) text += unit;
    Parse(text);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

}  // namespace
}  // namespace tomada
