#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "cli/cli.h"
#include "cli/completion.h"
#include "support/temp_dir.h"

namespace tomada {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::MatchesRegex;
using ::testing::Not;
using testing::ReadFile;
using ::testing::StartsWith;

const std::vector<std::string> kKinds = {"middleware", "service", "store", "transport"};

struct Result {
  int code;
  std::string out, err;
};

// Works in a folder of its own, with an installed copy that has this tree's examples.
class NewTest : public ::testing::Test {
 protected:
  NewTest() {
    dir_.Write("prefix/lib/tomada/plugins/libmemory_store.so", "");
    fs::create_directories(prefix_ / "share/tomada/templates");
    for (const std::string& kind : kKinds)
      fs::create_directory_symlink(EXAMPLES "/first_" + kind, prefix_ / "share/tomada/templates" / ("first_" + kind));
    fs::create_directory(work_);
    fs::current_path(work_);
  }
  ~NewTest() override { fs::current_path(before_); }

  Result New(const std::string& kind, const std::string& name) const {
    std::ostringstream out, err;
    const int code = RunCli({"new", kind, name}, installation_, out, err);
    return {code, out.str(), err.str()};
  }
  std::map<std::string, std::string> Files(const std::string& name) const {
    std::map<std::string, std::string> files;
    for (const fs::directory_entry& entry : fs::directory_iterator(work_ / name))
      files[entry.path().filename()] = ReadFile(entry.path());
    return files;
  }
  // One line that matches, the hint at the help, and nothing is left behind.
  void ExpectRefused(const Result& result, const std::string& message) const {
    EXPECT_EQ(result.code, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, MatchesRegex("tomada new: [^\n]*" + message + "[^\n]*\nTry `tomada new --help`.\n"));
    EXPECT_TRUE(fs::is_empty(work_));
  }

  testing::TempDir dir_;
  const fs::path before_ = fs::current_path();
  const fs::path prefix_ = fs::canonical(dir_.path()) / "prefix";
  const fs::path work_ = fs::canonical(dir_.path()) / "work";
  const Installation installation_{prefix_ / "bin/tomada"};
};

TEST_F(NewTest, MakesEachKindUnderItsName) {
  for (const std::string& kind : kKinds) {
    const std::string name = "my_" + kind + "2";
    const Result result = New(kind, name);
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_THAT(result.out, StartsWith(name + ": a " + kind + " in "));
    const std::map<std::string, std::string> files = Files(name);
    EXPECT_LE(files.size(), 8u);
    for (const std::string& file :
         {name + ".cpp", name + "_test.cpp", name + ".yaml", std::string("CMakeLists.txt"), std::string("README.md")}) {
      EXPECT_THAT(files, Contains(Key(file)));
    }
    EXPECT_THAT(files.at(name + ".yaml"), StartsWith("# yaml-language-server: $schema="));
    EXPECT_THAT(files.at("README.md"), HasSubstr("-DCMAKE_PREFIX_PATH=\"" + prefix_.string() + "\""));
    for (const auto& [file, text] : files) {
      EXPECT_THAT(file, Not(HasSubstr("first_")));
      EXPECT_THAT(text, Not(HasSubstr("first_" + kind))) << file;
      EXPECT_THAT(text, Not(HasSubstr("$HOME"))) << file;
    }
  }
  EXPECT_THAT(ReadFile(work_ / "my_service2/my_service2.proto"), HasSubstr("service MyService2 {"));
  EXPECT_THAT(ReadFile(work_ / "my_service2/my_service2.cpp"), HasSubstr("class MyService2 final"));
}

TEST_F(NewTest, RefusesNamesThatCannotBeAPlugins) {
  for (const char* name : {"../x", "x/y", "/tmp/x", ".", "my plugin", "Pedidos", "2pedidos", "_x", "x_", "x__y", "x-y",
                           "p\xc3\xa9", "x.y", "a234567890123456789012345678901234567890x"}) {
    ExpectRefused(New("service", name), "cannot be a plugin's name");
  }
  for (const char* name : {"class", "namespace", "std", "test", "install", "linux", "log", "link", "time"})
    ExpectRefused(New("service", name), "is a word of C\\+\\+, C or CMake already");
  for (const char* name : {"memory_store", "host"}) ExpectRefused(New("store", name), "there is a plugin .* already");
  for (const auto& [kind, name] : {std::pair("service", "note"), std::pair("store", "table")})
    ExpectRefused(New(kind, name), "is a name that the example has for something else");
}

TEST_F(NewTest, RefusesKindsThatThereAreNot) {
  ExpectRefused(New("servce", "x"), "unknown kind of plugin `servce` .did you mean `service`");
  ExpectRefused(New("engine", "x"), "known: middleware, service, store, transport");
}

TEST_F(NewTest, LeavesWhatIsThereAsItIs) {
  EXPECT_EQ(New("store", "pedidos").code, 0);
  const auto before = Files("pedidos");
  const Result again = New("service", "pedidos");
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.err, HasSubstr("`pedidos` is there already"));
  EXPECT_EQ(Files("pedidos"), before);

  dir_.Write("work/file", "mine");
  fs::create_symlink("nowhere", work_ / "link1");
  for (const char* name : {"file", "link1"}) EXPECT_EQ(New("store", name).code, 2) << name;
  EXPECT_EQ(ReadFile(work_ / "file"), "mine");
  EXPECT_FALSE(fs::exists(work_ / "nowhere"));
}

TEST_F(NewTest, SaysWhereItMayNotWrite) {
  if (::geteuid() == 0) {
    fs::current_path("/proc/self");  // where root cannot either
  } else {
    ::chmod(work_.c_str(), 0555);
  }
  ExpectRefused(New("store", "pedidos"), "cannot make the folder `pedidos`: ");
  ::chmod(work_.c_str(), 0755);
}

TEST_F(NewTest, WithoutExamplesItTakesAnInstalledCopy) {
  fs::remove_all(prefix_ / "share");
  ExpectRefused(New("store", "pedidos"), "/share/tomada/templates: it takes an installed copy");
}

TEST_F(NewTest, LeavesNothingWhenAnExampleCannotBeRead) {
  const fs::path folder = prefix_ / "share/tomada/templates/first_half";
  dir_.Write("prefix/share/tomada/templates/first_half/first_half.cpp", "int main() {}\n");
  fs::create_symlink("nowhere", folder / "first_half.yaml");
  ExpectRefused(New("half", "pedidos"), "first_half.yaml cannot be read");
  fs::remove(folder / "first_half.yaml");
  fs::create_directory(folder / "build");  // of who built it there
  EXPECT_EQ(New("half", "pedidos").code, 0);
  EXPECT_THAT(Files("pedidos"), ElementsAre(Key("pedidos.cpp")));
}

TEST_F(NewTest, KindsAreCompleted) {
  const auto offered = [this](std::vector<std::string> words) {
    Command command = NewCommand();
    return Completions({&command, 1}, words, installation_);
  };
  EXPECT_THAT(offered({"new", "s"}), ElementsAre("service", "store"));
  EXPECT_THAT(offered({"new", "service", ""}), IsEmpty());
}

}  // namespace
}  // namespace tomada
