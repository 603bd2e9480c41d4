#include "cli/graph_text.h"

#include <gtest/gtest.h>

#include "support/json.h"

namespace tomada {
namespace {

using testing::Json;

class GraphTextTest : public ::testing::Test {
 protected:
  GraphTextTest() {
    store_.name = "memory_store";
    store_.kind = Kind::kStore;
    service_.name = "odd\"\\\nname";
    service_.ports = {Port("cache", Kind::kStore, Port::Count::kOptional, ""),
                      Port("host", Kind::kHost, Port::Count::kOne, ""),
                      Port("store", Kind::kStore, Port::Count::kOneOrMore, "")};
    service_.ports[0].degrades = true;
    front_.name = "grpc_server";
    front_.kind = Kind::kTransport;
    Add("disk", store_, {});
    Add("redis", store_, {});
    Add("usuarios", service_, {{"cache", {"redis"}}, {"host", {"host"}}, {"store", {"disk", "redis"}}});
    Add("grpc", front_, {{"services", {"usuarios"}}});
  }

  void Add(const std::string& id, const Plugin& plugin, decltype(PlannedComponent::uses) uses) {
    PlannedComponent& component = plan_.components.emplace_back();
    component.id = id;
    component.plugin = &plugin;
    component.uses = std::move(uses);
  }

  Plugin store_, service_, front_;
  Plan plan_;
};

TEST_F(GraphTextTest, DotHasAShapeForEachKindAndADashForWhatDegrades) {
  EXPECT_EQ(GraphAsDot(plan_), R"(digraph profile {
  rankdir=LR;
  "disk" [label="disk\nmemory_store", shape=cylinder];
  "redis" [label="redis\nmemory_store", shape=cylinder];
  "usuarios" [label="usuarios\nodd\"\\\nname", shape=box];
  "grpc" [label="grpc\ngrpc_server", shape=cds];
  "host" [label="host", shape=octagon];
  "usuarios" -> "redis" [label="cache", style=dashed];
  "usuarios" -> "host" [label="host"];
  "usuarios" -> "disk" [label="store"];
  "usuarios" -> "redis" [label="store"];
  "grpc" -> "usuarios" [label="services"];
}
)");
}

TEST_F(GraphTextTest, JsonHasTheStartOrder) {
  const std::vector<Json> components = Json::Parse(GraphAsJson(plan_)).Array("components");
  ASSERT_EQ(components.size(), 4u);
  EXPECT_EQ(components[1]["id"], "redis");
  EXPECT_EQ(components[2]["plugin"], "odd\"\\\nname");
  EXPECT_EQ(components[2]["kind"], "service");
  EXPECT_EQ(components[3]["kind"], "transport");
  EXPECT_NE(GraphAsJson(plan_).find("\"store\": [\n          \"disk\",\n          \"redis\"\n        ]"),
            std::string::npos);
}

}  // namespace
}  // namespace tomada
