// What the commands print, where, and their exit codes.
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "support/json.h"
#include "support/process.h"
#include "support/temp_dir.h"

namespace tomada {
namespace {

using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::Json;
using ::testing::MatchesRegex;
using ::testing::Not;
using testing::Process;
using ::testing::StartsWith;
using testing::TempDir;
using testing::TomadaBinary;

struct Result {
  int code;
  std::string out, err;
};

Result Tomada(std::vector<std::string> arguments, Process::Options options = {}) {
  arguments.insert(arguments.begin(), TomadaBinary());
  Process process(std::move(arguments), std::move(options));
  const int code = process.Wait();
  return {code, process.out(), process.err()};
}

Process::Options In(const std::filesystem::path& directory) {
  Process::Options options;
  options.directory = directory;
  return options;
}

// For commands that open more libraries than LeakSanitizer can bear: it crashes at the end of the process while it
// looks through what each has for the thread.
Process::Options WithoutLeakSanitizer() {
  Process::Options options;
  options.environment["ASAN_OPTIONS"] = "detect_leaks=0";
  return options;
}

std::string GoodPlugins() { return std::string(TOMADA_FIXTURE_PLUGINS) + "/good"; }

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// It hangs on the order of linking, and nothing but the speed would show that it is lost.
TEST(Allocator, IsMimallocInTheWholeProgram) {
  Process::Options options;
  options.environment["LD_DEBUG"] = "bindings";
  const Result result = Tomada({"describe", "memory_store"}, options);
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.err, ContainsRegex("libstdc[+][+][^\n]* to [^\n]*libmimalloc[^\n]*`malloc'"));
  EXPECT_THAT(result.err, ContainsRegex("libmemory_store.so[^\n]* to [^\n]*libmimalloc[^\n]*`_Znwm'"));
}
#endif

class CommandsTest : public ::testing::Test {
 protected:
  CommandsTest() {
    dir_.Write("configs/pair.yaml", fmt::format(R"(plugins: {}
components:
  service:
    plugin: fixture_service
    uses: {{store: cache}}
  cache:
    plugin: fixture_store
    uses: {{store: disk}}
  disk: {{plugin: fixture_store}}
  front:
    plugin: fixture_transport
    uses: {{services: [service]}}
)",
                                                GoodPlugins()));
  }

  TempDir dir_;
  const std::string configs_ = (dir_.path() / "configs").string();
  const std::string pair_ = configs_ + "/pair.yaml";
};

TEST_F(CommandsTest, ValidateSaysHowManyComponents) {
  Result result = Tomada({"validate", "--config", "configs/pair.yaml"}, In(dir_.path()));
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.out, "configs/pair.yaml: valid: 4 components\n");
  EXPECT_EQ(result.err, "");
}

TEST_F(CommandsTest, ValidatePrintsAllMistakesAtTheirPlace) {
  dir_.Write("configs/bad.yaml", fmt::format("plugins: {}\n"
                                             "components:\n"
                                             "  disk: {{plugin: fixture_store, config: {{recrod: x}}}}\n"
                                             "  front: {{plugin: fixture_transport, uses: {{services: [nobody]}}}}\n",
                                             GoodPlugins()));
  for (const char* command : {"validate", "run", "graph"}) {
    Result result = Tomada({command, "--config", "configs/bad.yaml"}, In(dir_.path()));
    EXPECT_EQ(result.code, 2) << command;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr("configs/bad.yaml:3:42: unknown key `recrod` (did you mean `record`?)"));
    EXPECT_THAT(result.err,
                ContainsRegex("configs/bad.yaml:4:[^\n]*\nconfigs/bad.yaml: not valid: 2 mistakes found\n$"));
  }
}

TEST_F(CommandsTest, ValidateCountsMistakesAndWarnings) {
  const auto validate = [this](const std::string& components) {
    dir_.Write("configs/some.yaml", fmt::format("plugins: {}\ncomponents:\n{}", GoodPlugins(), components));
    return Tomada({"validate", "--config", "configs/some.yaml"}, In(dir_.path()));
  };
  EXPECT_EQ(validate("  disk: {plugin: fixture_store}\n").out, "configs/some.yaml: valid: 1 component, 1 warning\n");
  EXPECT_THAT(validate("  disk: {plugin: fixture_store, confg: {}}\n").err,
              EndsWith("configs/some.yaml: not valid: 1 mistake found\n"));
  EXPECT_THAT(Tomada({"validate", "--config", configs_ + "/none.yaml"}).err,
              EndsWith("none.yaml: not valid: 1 mistake found\n"));
}

TEST_F(CommandsTest, AnUnknownPluginIsNamedWithThoseThereAre) {
  dir_.Write("configs/bad.yaml",
             fmt::format("plugins: {{only: {}}}\ncomponents:\n  disk: {{plugin: fixture_stor}}\n", GoodPlugins()));
  Result result = Tomada({"validate", "--config", "configs/bad.yaml"}, In(dir_.path()));
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("configs/bad.yaml:3:18: unknown plugin `fixture_stor` (did you mean "
                                    "`fixture_store`? known: echo_service, fixture_service, fixture_store, "));
  EXPECT_THAT(result.err, HasSubstr("): libfixture_stor.so was not found in: "));
}

TEST_F(CommandsTest, AnUnknownPluginFromOutsideTheProfileIsNotShown) {
  dir_.Write("configs/bad.yaml", fmt::format("plugins: {{only: {}}}\ncomponents:\n  disk: {{plugin: \"${{PLUGIN}}\"}}\n"
                                             "  tape: {{plugin: fixture_store}}\n",
                                             GoodPlugins()));
  for (const char* plugin : {"hunter2", "redis://:hunter2@host"}) {
    Process::Options options = In(dir_.path());
    options.environment["PLUGIN"] = plugin;
    Result result =
        Tomada({"validate", "--config", "configs/bad.yaml", "--set", fmt::format("components.tape.plugin={}", plugin)},
               options);
    EXPECT_EQ(result.code, 2);
    EXPECT_THAT(result.err, HasSubstr("configs/bad.yaml:3:18: unknown plugin (known: echo_service, "));
    EXPECT_THAT(result.err, HasSubstr("--set components.tape.plugin=...: unknown plugin (known: echo_service, "));
    EXPECT_THAT(result.err, Not(HasSubstr("hunter2")));
  }
}

TEST_F(CommandsTest, PathsOutsideTheWorkingDirectoryAreShownAbsolute) {
  TempDir elsewhere;
  Result result = Tomada({"validate", "--config", pair_}, In(elsewhere.path()));
  EXPECT_EQ(result.out, pair_ + ": valid: 4 components\n");
}

TEST_F(CommandsTest, FindsAProfileByNameInTheConfigFolder) {
  Result result = Tomada({"validate", "--profile", "pair", "--config-dir", configs_}, In("/"));
  EXPECT_EQ(result.code, 0) << result.err;
}

TEST_F(CommandsTest, DoesNotFindAProfileByTheWorkingDirectory) {
  Result result = Tomada({"validate", "--profile", "pair"}, In(configs_));
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("no profile `pair` in "));
}

TEST_F(CommandsTest, AnUnknownProfileListsThoseThereAre) {
  Result result = Tomada({"run", "--profile", "piar", "--config-dir", configs_});
  EXPECT_EQ(result.code, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("(did you mean `pair`?)"));
  EXPECT_THAT(result.err, MatchesRegex(R"((.|\n)*\(known: [^)]*local[^)]*pair[^)]*\)(.|\n)*)"));
}

TEST_F(CommandsTest, AMissingFileIsAMistakeInTheArguments) {
  Result result = Tomada({"run", "--config", configs_ + "/none.yaml"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("none.yaml"));
}

TEST_F(CommandsTest, OverridesReachTheComponents) {
  Result result =
      Tomada({"validate", "--config", pair_, "--set", "components.disk.config.slow_start=soon"}, In(dir_.path()));
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("duration"));
}

TEST_F(CommandsTest, KnowsWhereItsSharedFilesAre) {
  dir_.Write("configs/share.yaml", fmt::format("plugins: {}\ncomponents:\n"
                                               "  disk: {{plugin: fixture_store, config: {{slow_start: "
                                               "\"${{TOMADA_SHARE}}\"}}}}\n",
                                               GoodPlugins()));
  Result result = Tomada({"validate", "--config", configs_ + "/share.yaml"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("duration")) << "the variable is set, to no duration";
  Process::Options options;
  options.environment["TOMADA_SHARE"] = "1s";
  EXPECT_EQ(Tomada({"validate", "--config", configs_ + "/share.yaml"}, options).code, 0);
}

TEST_F(CommandsTest, GraphPrintsTheStartOrder) {
  Result result = Tomada({"graph", "--config", pair_});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out,
            "1  disk     fixture_store\n"
            "2  cache    fixture_store      store: disk\n"
            "3  service  fixture_service    store: cache\n"
            "4  front    fixture_transport  services: service\n");
}

TEST_F(CommandsTest, GraphAsDotAndAsJson) {
  const Result dot = Tomada({"graph", "--dot", "--config", pair_});
  EXPECT_EQ(dot.code, 0) << dot.err;
  EXPECT_THAT(dot.out, HasSubstr("  \"front\" -> \"service\" [label=\"services\"];\n"));

  const Result json = Tomada({"graph", "--json", "--config", pair_});
  EXPECT_EQ(json.code, 0) << json.err;
  const std::vector<Json> components = Json::Parse(json.out).Array("components");
  ASSERT_EQ(components.size(), 4u);
  EXPECT_EQ(components[0]["id"], "disk");
  EXPECT_EQ(components[3]["kind"], "transport");
}

// That the schema is right, tests/integration/docs/schema_test.js shows.
TEST_F(CommandsTest, SchemaIsOfThePluginsThatAreFound) {
  const Result installed = Tomada({"schema"});
  EXPECT_EQ(installed.code, 0) << installed.err;
  EXPECT_THAT(installed.out, HasSubstr("\"memory_store\""));
  EXPECT_THAT(installed.out, Not(HasSubstr("\"fixture_store\"")));
  for (const std::vector<std::string>& where :
       {std::vector<std::string>{"--config", pair_}, {"--plugins", configs_, "--plugins", GoodPlugins()}}) {
    std::vector<std::string> arguments = {"schema"};
    arguments.insert(arguments.end(), where.begin(), where.end());
    const Result result = Tomada(arguments);
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(result.err, "");
    EXPECT_EQ(Json::Parse(result.out)["title"], "A profile of tomada");
    EXPECT_THAT(result.out, HasSubstr("\"fixture_store\""));
  }
}

TEST_F(CommandsTest, SchemaLeavesOutWhatCannotBeLoaded) {
  const std::string broken = std::filesystem::path(dir_.Write("plugins/libbroken.so", "no library")).parent_path();
  Result result = Tomada({"schema", "--plugins", GoodPlugins(), "--plugins", broken});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.err, MatchesRegex("warning: left out: [^\n]*libbroken.so[^\n]*\n"));
  EXPECT_THAT(result.out, HasSubstr("\"fixture_store\""));

  const std::string only =
      dir_.Write("only.yaml", fmt::format("plugins: {{only: {}}}\ncomponents: {{a: {{plugin: broken}}}}\n", broken));
  result = Tomada({"schema", "--config", only});
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, EndsWith("no plugin can be loaded: --plugins says where there are some\n"));
}

TEST_F(CommandsTest, PluginsListsWhatIsThere) {
  Result result = Tomada({"plugins", "--config", pair_}, WithoutLeakSanitizer());
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("NAME "));
  EXPECT_THAT(result.out, HasSubstr("services: one or more services"));
  EXPECT_THAT(result.out, HasSubstr("/libfixture_store.so\n"));
  EXPECT_THAT(result.out, ContainsRegex("\nmemory_store +store ")) << "those of the program are there too";
  EXPECT_EQ(result.err, "");
}

// Whoever works on a plugin that is installed as well must not wonder which of the two runs.
TEST_F(CommandsTest, OfAPluginInSeveralFoldersTheProfilesOwnIsUsedAndSaid) {
  const std::filesystem::path program = std::filesystem::canonical(TomadaBinary());
  const std::filesystem::path installed = program.parent_path().parent_path() / "lib/tomada/plugins";
  const std::string own = dir_.path() / "own/libmemory_store.so";
  std::filesystem::create_directory(dir_.path() / "own");
  std::filesystem::copy_file(installed / "libmemory_store.so", own);
  const std::string profile = dir_.Write("p.yaml", fmt::format("plugins: [own, {}]\ncomponents:\n"
                                                               "  a: {{plugin: memory_store}}\n"
                                                               "  b: {{plugin: memory_store}}\n",
                                                               installed.string()));
  const std::string other = installed / "libmemory_store.so";
  Result result = Tomada({"validate", "--config", profile});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr(fmt::format("p.yaml:3:15: warning: plugin `memory_store` is used from {}, not "
                                                "from {}\n",
                                                own, other)));
  EXPECT_THAT(result.err, Not(HasSubstr("p.yaml:4:15: warning: plugin"))) << "once";

  result = Tomada({"plugins", "--config", profile}, In(dir_.path()));
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.err, fmt::format("warning: {} is not used: own/libmemory_store.so comes first\n", other));
  EXPECT_THAT(result.out, HasSubstr("own/libmemory_store.so\n"));
  EXPECT_THAT(Tomada({"plugins", "--json", "--config", profile}).out,
              ContainsRegex(fmt::format("\"not_used\": \\[\n *\"{}\"\n", other)));

  dir_.Write("p.yaml", "plugins: {only: own}\ncomponents:\n  a: {plugin: memory_store}\n");
  EXPECT_THAT(Tomada({"validate", "--config", profile}).err, Not(HasSubstr("is used from")));
  EXPECT_THAT(Tomada({"plugins", "--config", profile}).out, Not(HasSubstr("rocksdb_store")));
}

TEST_F(CommandsTest, PluginsAsJson) {
  Result result = Tomada({"plugins", "--json", "--config", pair_}, WithoutLeakSanitizer());
  EXPECT_EQ(result.code, 0) << result.err;
  const std::vector<Json> plugins = Json::Parse(result.out).Array("plugins");
  const auto found = std::ranges::find_if(plugins, [](const Json& one) { return one["name"] == "fixture_transport"; });
  ASSERT_NE(found, plugins.end());
  const Json& transport = *found;
  EXPECT_EQ(transport["kind"], "transport");
  EXPECT_EQ(transport["version"], "1.0.0");
  EXPECT_EQ(transport["file"], GoodPlugins() + "/libfixture_transport.so");
  ASSERT_EQ(transport.Array("ports").size(), 1u);
  EXPECT_EQ(transport.Array("ports")[0]["kind"], "service");
  EXPECT_EQ(transport.Array("ports")[0]["count"], "one_or_more");
}

TEST_F(CommandsTest, PluginsThatCannotBeLoadedAreListedWithTheReason) {
  dir_.Write("plugins/libbroken.so", "no library");
  const std::string profile = dir_.Write(
      "broken.yaml", fmt::format("plugins: {{only: [{}, {}]}}\ncomponents: {{disk: {{plugin: fixture_store}}}}\n",
                                 GoodPlugins(), (dir_.path() / "plugins").string()));
  Result result = Tomada({"plugins", "--json", "--config", profile});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("libbroken.so"));
  const std::vector<Json> failures = Json::Parse(result.out).Array("failures");
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures[0]["name"], "broken");
  EXPECT_THAT(failures[0]["message"], HasSubstr("libbroken.so"));

  EXPECT_EQ(Tomada({"describe", "broken", "--config", profile}).code, 1);
}

// One that finds what it needs only because another has brought it is no good in most profiles.
TEST_F(CommandsTest, PluginsOpensEachByItself) {
  const std::filesystem::path plugins = dir_.path() / "plugins";
  std::filesystem::create_directory(plugins);
  for (const char* file : {"libfound_dependency.so", "libmissing_dependency.so"})
    std::filesystem::create_symlink(std::filesystem::path(TOMADA_FIXTURE_PLUGINS) / "broken" / file, plugins / file);
  const std::string profile = dir_.Write(
      "p.yaml",
      fmt::format("plugins: {{only: {}}}\ncomponents: {{a: {{plugin: found_dependency}}}}\n", plugins.string()));
  Result result = Tomada({"plugins", "--config", profile});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, ContainsRegex("\nfound_dependency +service +1.0.0 "));
  EXPECT_THAT(result.out, ContainsRegex("\nmissing_dependency +- +- +- +cannot be loaded\n"));
  EXPECT_THAT(result.err, HasSubstr("libmissing_dependency.so: cannot be opened: libfixture_elsewhere.so: "));
}

TEST_F(CommandsTest, DescribeShowsPortsAndConfig) {
  Result result = Tomada({"describe", "fixture_transport", "--config", pair_});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("fixture_transport 1.0.0 (transport)\nLives and dies as its config says.\n"));
  EXPECT_THAT(result.out, HasSubstr("services: one or more services\n      What it would serve.\n"));
  EXPECT_THAT(result.out, HasSubstr("hang_stop: boolean, default false\n      Stop never returns.\n"));
}

TEST_F(CommandsTest, DescribesTheHostSection) {
  Result result = Tomada({"describe", "host", "--markdown"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("| `shutdown.grace` | duration | `10s` | 0 to 1h |"));
}

TEST_F(CommandsTest, DescribeSuggestsTheNearPlugin) {
  Result result = Tomada({"describe", "fixture_stroe", "--config", pair_});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("unknown plugin `fixture_stroe` (did you mean `fixture_store`?)"));
}

TEST_F(CommandsTest, HelpThatWasAskedForGoesToStandardOutput) {
  EXPECT_THAT(Tomada({"--help"}).out, StartsWith("Usage: tomada COMMAND"));
  EXPECT_THAT(Tomada({"--version"}).out, StartsWith("tomada 0."));
  EXPECT_EQ(Tomada({"help"}).out, Tomada({"--help"}).out);
  for (const char* command :
       {"run", "validate", "graph", "plugins", "describe", "inspect", "schema", "health", "backup", "new", "help"}) {
    for (const auto& [first, second] :
         {std::pair(command, "--help"), std::pair(command, "-h"), std::pair("help", command)}) {
      Result result = Tomada({first, second});
      EXPECT_EQ(result.code, 0);
      EXPECT_THAT(result.out, StartsWith(fmt::format("Usage: tomada {}", command)));
      EXPECT_EQ(result.err, "");
    }
  }
}

TEST_F(CommandsTest, MistakesInTheArgumentsGoToStandardErrorWithTheNearOne) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{}, "Usage: tomada"},
      {{"rnu"}, "tomada: unknown command `rnu` (did you mean `run`?)\nTry `tomada --help`.\n"},
      {{"--verison"}, "unknown option `--verison` (did you mean `--version`?)"},
      {{"run", "--porfile", "x"}, "tomada run: unknown option `--porfile` (did you mean `--profile`?)"},
      {{"run", "--profile"}, "option `--profile` needs a value: --profile NAME"},
      {{"run", "--profile=x", "--config", "y"}, "--profile and --config exclude each other"},
      {{"run", "--config", "x", "--config", "y"}, "tomada run: option `--config` is given twice\n"},
      {{"run", "--profile", "x", "--profile=x"}, "tomada run: option `--profile` is given twice\n"},
      {{"health", "--timeout", "1s", "--timeout", "2s"}, "option `--timeout` is given twice\n"},
      {{"help", "rnu"}, "tomada help: unknown command `rnu` (did you mean `run`?)\n"},
      {{"help", "run", "validate"}, "unexpected argument `validate`"},
      {{"graph", "--dot", "--json"}, "--dot and --json exclude each other"},
      {{"schema", "--plugins", "/nowhere"}, "--plugins: `/nowhere` is no folder"},
      {{"run", "--config-dir", "/nowhere"}, "--config-dir: `/nowhere` is no folder"},
      {{"run", "local"}, "unexpected argument `local`"},
      {{"plugins", "--json=yes"}, "option `--json` takes no value"},
      {{"describe"}, "missing argument PLUGIN"},
      {{"new", "service"}, "missing argument NAME"},
      {{"new", "service", "pedidos"}, "share/tomada/templates: it takes an installed copy"},  // a build tree has none
      {{"describe", "x", "--markdown", "--json-schema"}, "--json-schema and --markdown exclude each other"},
  };
  for (const auto& [arguments, message] : cases) {
    Result result = Tomada(arguments);
    EXPECT_EQ(result.code, 2) << message;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr(message));
  }
}

}  // namespace
}  // namespace tomada
