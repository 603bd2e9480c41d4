#include "router/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tomada::pistache_http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Result = Router::Match::Result;

// Routes are numbered in the order of their templates.
Router MakeRouter(const std::vector<std::pair<std::string, std::string>>& routes) {
  Router router;
  for (size_t i = 0; i < routes.size(); ++i) {
    auto path = PathTemplate::Parse(routes[i].second);
    EXPECT_TRUE(path.ok()) << path.status();
    auto added = router.Add(routes[i].first, *path, "owner" + std::to_string(i), i);
    EXPECT_TRUE(added.ok()) << added;
  }
  return router;
}

// The number of the route, or -1.
int RouteOf(const Router& router, std::string_view method, std::string_view path) {
  Router::Match match = router.Find(method, path);
  return match.result == Result::kFound ? static_cast<int>(match.route) : -1;
}

TEST(PathTemplateTest, RefusesWhatIsNoTemplate) {
  for (std::string_view bad : {"",
                               "a",
                               "/a//b",
                               "/a/",
                               "/{",
                               "/{}",
                               "/{a",
                               "/{a=}",
                               "/{a={b}}",
                               "/{a}/{a}",
                               "/**/**",
                               "/{a=**}/{b=**}",
                               "/a*",
                               "/a:",
                               "/:a",
                               "/a:b%41",
                               "/a:b:c",
                               "/a:b/c",
                               "/**/*",
                               "/a/**/*",
                               "/a/**/foo/*",
                               "/**/{a}",
                               "/{a=**}/{b}",
                               "/{a=**/*}",
                               "/{a=x/**}/y/{b=z/*}",
                               "/{1a}",
                               "/{a.}",
                               "/{.a}",
                               "/{a-b}",
                               "/a}",
                               "/%4",
                               "/a=b"}) {
    EXPECT_FALSE(PathTemplate::Parse(bad).ok()) << bad;
  }
}

TEST(PathTemplateTest, ErrorsSayWhere) {
  auto path = PathTemplate::Parse("/usuarios/{id");
  EXPECT_THAT(std::string(path.status().message()), HasSubstr("\"/usuarios/{id\", column 14: '}' is missing"));
}

TEST(PathTemplateTest, ShapeLeavesNamesOut) {
  EXPECT_EQ(PathTemplate::Parse("/v1/{name=shelves/*}/books/{id}:read")->Shape(), "/v1/shelves/*/books/*:read");
  EXPECT_EQ(PathTemplate::Parse("/")->Shape(), "/");
}

TEST(RouterTest, LiteralBeatsOneBeatsMany) {
  Router router = MakeRouter({{"GET", "/a/**"}, {"GET", "/a/*"}, {"GET", "/a/b"}});
  EXPECT_EQ(RouteOf(router, "GET", "/a/b"), 2);
  EXPECT_EQ(RouteOf(router, "GET", "/a/c"), 1);
  EXPECT_EQ(RouteOf(router, "GET", "/a/c/d"), 0);
  EXPECT_EQ(RouteOf(router, "GET", "/a"), 0);
  EXPECT_EQ(RouteOf(router, "GET", "/a/"), 0) << "a trailing slash is an empty segment, which only ** takes";
  EXPECT_EQ(RouteOf(router, "GET", "/"), -1);
}

TEST(RouterTest, TakesTheNextWayWhenOneLeadsNowhere) {
  Router router = MakeRouter({{"GET", "/a/b/c"}, {"GET", "/a/*/d"}, {"GET", "/*/b/e"}, {"GET", "/**"}});
  EXPECT_EQ(RouteOf(router, "GET", "/a/b/c"), 0);
  EXPECT_EQ(RouteOf(router, "GET", "/a/b/d"), 1);
  EXPECT_EQ(RouteOf(router, "GET", "/a/b/e"), 2);
  EXPECT_EQ(RouteOf(router, "GET", "/a/b/f"), 3);
}

TEST(RouterTest, AnotherMethodsRouteDoesNotHideAWiderOne) {
  Router router = MakeRouter({{"POST", "/a/b"}, {"GET", "/a/*"}});
  EXPECT_EQ(RouteOf(router, "GET", "/a/b"), 1);
  EXPECT_EQ(RouteOf(router, "POST", "/a/b"), 0);
}

TEST(RouterTest, LiteralsMayFollowMany) {
  Router router = MakeRouter({{"GET", "/files/{path=**}/meta"}, {"GET", "/files/{path=**}"}});
  Router::Match match = router.Find("GET", "/files/a/b/meta");
  EXPECT_EQ(match.route, 0u);
  EXPECT_THAT(match.values, ElementsAre("a/b"));
  match = router.Find("GET", "/files/meta");
  EXPECT_EQ(match.route, 0u);
  EXPECT_THAT(match.values, ElementsAre(""));
  match = router.Find("GET", "/files/meta/x");
  EXPECT_EQ(match.route, 1u);
  EXPECT_THAT(match.values, ElementsAre("meta/x"));
}

TEST(RouterTest, CapturesVariablesWithTheirLiterals) {
  Router router = MakeRouter({{"GET", "/v1/{name=shelves/*/books/*}/pages/{page.number}"}});
  EXPECT_THAT(router.Find("GET", "/v1/shelves/1/books/2/pages/3").values, ElementsAre("shelves/1/books/2", "3"));
}

TEST(RouterTest, DecodesSlashOnlyInASingleSegment) {
  Router router = MakeRouter({{"GET", "/one/{id}"}, {"GET", "/many/{id=**}"}});
  EXPECT_THAT(router.Find("GET", "/one/a%2Fb%20c+d").values, ElementsAre("a/b c+d"));
  EXPECT_THAT(router.Find("GET", "/many/x%20y/a%2Fb").values, ElementsAre("x y/a%2Fb"));
  EXPECT_EQ(router.Find("GET", "/one/%zz").result, Result::kMalformed);
  EXPECT_EQ(RouteOf(router, "GET", "/%6Fne/a"), 0) << "an encoded letter is the letter";
}

TEST(RouterTest, VerbIsOneOnlyWhereATemplateHasIt) {
  Router router =
      MakeRouter({{"GET", "/usuarios/{id}"}, {"GET", "/usuarios:exportar"}, {"POST", "/usuarios/{id}:trocar"}});
  EXPECT_EQ(RouteOf(router, "GET", "/usuarios:exportar"), 1);
  EXPECT_EQ(RouteOf(router, "GET", "/usuarios:outro"), -1);
  EXPECT_EQ(RouteOf(router, "GET", "/usuarios%3Aexportar"), -1) << "an encoded colon is data";
  EXPECT_THAT(router.Find("GET", "/usuarios/ana:maria").values, ElementsAre("ana:maria"));
  Router::Match match = router.Find("POST", "/usuarios/ana:maria:trocar");
  EXPECT_EQ(match.route, 2u);
  EXPECT_THAT(match.values, ElementsAre("ana:maria"));
  EXPECT_THAT(router.Find("GET", "/usuarios/ana%20b:trocar").values, ElementsAre("ana b:trocar"));
  EXPECT_THAT(router.Find("POST", "/usuarios/ana%20b:trocar").values, ElementsAre("ana b"));
}

TEST(RouterTest, NamesTheMethodsOfAPath) {
  Router router = MakeRouter({{"GET", "/a/b"}, {"POST", "/a/*"}, {"DELETE", "/x"}});
  Router::Match match = router.Find("PUT", "/a/b");
  EXPECT_EQ(match.result, Result::kNoMethod);
  EXPECT_EQ(match.allow, "GET, HEAD, OPTIONS, POST");
  EXPECT_EQ(router.Find("GET", "/x").allow, "DELETE, OPTIONS");
  EXPECT_EQ(router.Find("GET", "/y").result, Result::kNoPath);
  EXPECT_EQ(router.Find("get", "/a/b").result, Result::kNoMethod) << "methods are case-sensitive";
}

TEST(RouterTest, HeadIsGetAndStarIsTheRest) {
  Router router = MakeRouter({{"GET", "/a"}, {"*", "/a"}, {"HEAD", "/b"}, {"GET", "/b"}, {"LINK", "/c"}});
  EXPECT_EQ(RouteOf(router, "HEAD", "/a"), 0);
  EXPECT_EQ(RouteOf(router, "PUT", "/a"), 1);
  EXPECT_EQ(RouteOf(router, "HEAD", "/b"), 2);
  EXPECT_EQ(RouteOf(router, "LINK", "/c"), 4);
}

TEST(RouterTest, AClashNamesBothOwners) {
  Router router = MakeRouter({{"GET", "/a/{x}"}});
  absl::Status status = router.Add("GET", *PathTemplate::Parse("/a/{other=*}"), "the other", 1);
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(std::string(status.message()), "two routes for GET /a/*: owner0 and the other; leave one of them out");
  EXPECT_TRUE(router.Add("POST", *PathTemplate::Parse("/a/{x}"), "the other", 1).ok());
  EXPECT_TRUE(router.Add("GET", *PathTemplate::Parse("/a/{x}:verb"), "the other", 2).ok());
}

TEST(RouterTest, RootAndEmptySegments) {
  Router router = MakeRouter({{"GET", "/"}, {"GET", "/a/*/b"}});
  EXPECT_EQ(RouteOf(router, "GET", "/"), 0);
  EXPECT_EQ(RouteOf(router, "GET", "//"), -1);
  EXPECT_EQ(RouteOf(router, "GET", "/a//b"), -1);
  EXPECT_EQ(RouteOf(router, "GET", "a"), -1);
  EXPECT_EQ(RouteOf(router, "GET", ""), -1);
}

TEST(RouterTest, ManyWaysTakeNoLongTime) {
  std::vector<std::pair<std::string, std::string>> routes;
  std::string path;
  for (int i = 0; i < 12; ++i) {
    routes.emplace_back("GET", path + "/a/x" + std::to_string(i));
    routes.emplace_back("GET", path + "/*/y" + std::to_string(i));
    routes.emplace_back("GET", path + "/**");
    path += i % 2 == 0 ? "/a" : "/*";
  }
  Router router = MakeRouter(routes);
  std::string long_path;
  for (int i = 0; i < 2000; ++i) long_path += "/a";
  EXPECT_NE(RouteOf(router, "GET", long_path), -1);
}

}  // namespace
}  // namespace tomada::pistache_http
