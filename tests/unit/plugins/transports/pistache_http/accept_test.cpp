#include "dispatch/accept.h"

#include <gtest/gtest.h>

#include "dispatch/stream_format.h"
#include "test_client.h"
#include "test_service.h"

namespace tomada::pistache_http {
namespace {

int Quality(std::vector<std::string_view> accept, std::string_view type) {
  Request request;
  for (std::string_view value : accept) request.headers.push_back({"accept", value});
  return AcceptedQuality(request, type);
}

TEST(AcceptTest, TheMostSpecificRangeDecides) {
  EXPECT_EQ(Quality({}, "application/json"), 1000);
  EXPECT_EQ(Quality({""}, "application/json"), 1000);
  EXPECT_EQ(Quality({"*/*"}, "application/json"), 1000);
  EXPECT_EQ(Quality({"text/html, Application/*;q=0.5"}, "application/json"), 500);
  EXPECT_EQ(Quality({"application/json;q=0, */*"}, "application/json"), 0);
  EXPECT_EQ(Quality({"*/*;q=0.1,application/json;charset=utf-8 ; Q=0.25"}, "application/json"), 250);
  EXPECT_EQ(Quality({"text/html", "application/json"}, "application/json"), 1000) << "several fields are one list";
  EXPECT_EQ(Quality({"text/html"}, "application/json"), 0);
  EXPECT_EQ(Quality({"application/jsonx, application/jso"}, "application/json"), 0);
  EXPECT_EQ(Quality({"application/json;q=7"}, "application/json"), 1000);
  EXPECT_EQ(Quality({"application/json;q=-1"}, "application/json"), 0);
  EXPECT_EQ(Quality({"application/json;q=nan"}, "application/json"), 0);
  EXPECT_EQ(Quality({",;,"}, "application/json"), 1000) << "nothing is listed";
}

const StreamFormat* Format(std::string_view accept) {
  Request request;
  request.headers.push_back({"accept", accept});
  return ChooseStreamFormat(request);
}

TEST(AcceptTest, EventsWhereTheyAreWantedMore) {
  EXPECT_EQ(Format("*/*"), &kLines);
  EXPECT_EQ(Format("application/json"), &kLines);
  EXPECT_EQ(Format("application/jsonl"), &kLines);
  EXPECT_EQ(Format("text/event-stream"), &kEvents);
  EXPECT_EQ(Format("text/event-stream, */*;q=0.1"), &kEvents);
  EXPECT_EQ(Format("text/event-stream;q=0.5, application/x-ndjson"), &kLines);
  EXPECT_EQ(Format("text/html"), nullptr);
}

bool RefusesText(std::string_view accept) {
  Request request;
  request.headers.push_back({"accept", accept});
  return Refuses(request, "text/plain; charset=utf-8");
}

TEST(AcceptTest, OnlyWhatIsNamedIsRefused) {
  EXPECT_TRUE(RefusesText("text/plain;q=0"));
  EXPECT_TRUE(RefusesText("text/*;q=0.000, */*"));
  EXPECT_TRUE(RefusesText("application/json, */*; q=0"));
  EXPECT_FALSE(RefusesText("application/json"));
  EXPECT_FALSE(RefusesText("text/plain, */*;q=0"));
  EXPECT_FALSE(RefusesText("text/plain;q=0.001"));
  EXPECT_FALSE(RefusesText(""));
}

TEST(AcceptTest, PagesAreRefusedTheSame) {
  TestServer server;
  TestClient client(server.address());
  EXPECT_EQ(client.Ask("GET", "/docs", "", "Accept: text/html;q=0\r\n")->status, 406);
  EXPECT_EQ(client.Ask("GET", "/docs", "", "Accept: application/json\r\n")->status, 200);
  EXPECT_EQ(client.Ask("GET", "/openapi.json", "", "Accept: */*;q=0\r\n")->status, 406);
}

TEST(AcceptTest, WhatNobodyCanGiveIs406AndNothingIsCalled) {
  TestServer server;
  TestClient client(server.address());
  for (const char* target : {"/usuarios/u1", "/usuarios:exportar"}) {
    auto response = client.Ask("GET", target, "", "Accept: text/html\r\n");
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 406);
    EXPECT_EQ(response->headers["content-type"], "application/json");
  }
  EXPECT_EQ(server.service.calls, 0);
  EXPECT_EQ(client.Ask("GET", "/usuarios/u1", "", "Accept: text/html, */*;q=0.8\r\n")->status, 200);
}

}  // namespace
}  // namespace tomada::pistache_http
