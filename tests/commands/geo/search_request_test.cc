#include "commands/geo/search_request.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace cordwood::commands::geo {
namespace {

using Arguments = std::vector<std::string_view>;
using Form = SearchRequest::Form;
using Order = SearchRequest::Order;

/// The words of a line.
Arguments Split(std::string_view line) {
  Arguments words;
  while (!line.empty()) {
    const size_t end = std::min(line.find(' '), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

SearchRequest Parse(std::string_view line, const SearchSyntax& syntax = {}) {
  return ParseSearch(Split(line), syntax);
}

std::string ErrorOf(std::string_view line, const SearchSyntax& syntax = {}) {
  return Parse(line, syntax).error;
}

constexpr SearchSyntax kRadius = {.form = Form::kRadius, .may_store = true};
constexpr SearchSyntax kByMember = {.form = Form::kRadiusByMember, .may_store = true};
constexpr SearchSyntax kStore = {.form = Form::kSearchAndStore};

TEST(SearchRequest, OfGeosearchSaysWhereAndHowFar) {
  const SearchRequest circle = Parse("GEOSEARCH k FROMLONLAT 15 37 BYRADIUS 200 km");
  EXPECT_EQ(circle.error, "");
  EXPECT_EQ(circle.area.center.longitude, 15);
  EXPECT_EQ(circle.area.center.latitude, 37);
  EXPECT_EQ(circle.area.radius, 200);
  EXPECT_EQ(circle.area.unit_meters, 1000);
  EXPECT_FALSE(circle.area.is_box);
  const SearchRequest box = Parse("geosearch k bybox 4 0x10 FT frommember m");
  EXPECT_EQ(box.error, "");
  EXPECT_EQ(box.members, std::vector<std::string>{"m"});
  EXPECT_TRUE(box.area.is_box);
  EXPECT_EQ(box.area.width, 4);
  EXPECT_EQ(box.area.height, 16);
  EXPECT_EQ(box.area.unit_meters, 0.3048);
  EXPECT_EQ(box.order, Order::kNone);
}

TEST(SearchRequest, TakesOptionsInAnyOrder) {
  const SearchRequest request =
      Parse("GEOSEARCH k WITHDIST COUNT 3 ANY DESC FROMMEMBER m WITHHASH BYRADIUS 1 mi WITHCOORD");
  EXPECT_EQ(request.error, "");
  EXPECT_TRUE(request.with_distance && request.with_hash && request.with_position && request.any);
  EXPECT_EQ(request.count, 3u);
  EXPECT_EQ(request.order, Order::kFarthestFirst);
}

TEST(SearchRequest, ACountMeansTheNearest) {
  EXPECT_EQ(Parse("GEOSEARCH k FROMMEMBER m BYRADIUS 1 m COUNT 1").order, Order::kNearestFirst);
  EXPECT_EQ(Parse("GEOSEARCH k FROMMEMBER m BYRADIUS 1 m COUNT 1 ANY").order, Order::kNone);
  EXPECT_EQ(Parse("GEOSEARCH k FROMMEMBER m BYRADIUS 1 m ASC").order, Order::kNearestFirst);
}

TEST(SearchRequest, WantsOneCenterAndOneShape) {
  EXPECT_EQ(ErrorOf("Geosearch k BYRADIUS 1 m WITHDIST"),
            "ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for Geosearch");
  EXPECT_EQ(ErrorOf("GEOSEARCH k FROMMEMBER m ASC COUNT 1"),
            "ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCH");
  EXPECT_EQ(ErrorOf("GEOSEARCH k FROMMEMBER m FROMLONLAT 1 1 BYRADIUS 1 m"), "ERR syntax error");
  EXPECT_EQ(ErrorOf("GEOSEARCH k FROMLONLAT 1 1 FROMMEMBER m BYRADIUS 1 m"), "ERR syntax error");
  EXPECT_EQ(ErrorOf("GEOSEARCH k FROMLONLAT 1 1 BYRADIUS 1 m BYBOX 1 1 m"), "ERR syntax error");
  EXPECT_EQ(ErrorOf("GEOSEARCH k FROMLONLAT 1 1 BYBOX 1 1 m BYRADIUS 1 m"), "ERR syntax error");
}

TEST(SearchRequest, RefusesBadNumbers) {
  EXPECT_EQ(ErrorOf("GEOSEARCH k FROMLONLAT x 1 BYRADIUS 1 m"), "ERR value is not a valid float");
  EXPECT_EQ(ErrorOf("GEOSEARCH k FROMLONLAT 181 -86.5 BYRADIUS 1 m"),
            "ERR invalid longitude,latitude pair 181.000000,-86.500000");
  EXPECT_EQ(ErrorOf("GEOSEARCH k FROMMEMBER m BYRADIUS x m"), "ERR need numeric radius");
  EXPECT_EQ(ErrorOf("GEOSEARCH k FROMMEMBER m BYRADIUS -1 x"), "ERR radius cannot be negative");
  EXPECT_EQ(ErrorOf("GEOSEARCH k FROMMEMBER m BYRADIUS 1 x"),
            "ERR unsupported unit provided. please use M, KM, FT, MI");
  EXPECT_EQ(ErrorOf("GEOSEARCH k FROMMEMBER m BYBOX x 1 m"), "ERR need numeric width");
  EXPECT_EQ(ErrorOf("GEOSEARCH k FROMMEMBER m BYBOX 1 x m"), "ERR need numeric height");
  EXPECT_EQ(ErrorOf("GEOSEARCH k FROMMEMBER m BYBOX 1 -1 x"),
            "ERR height or width cannot be negative");
  EXPECT_EQ(ErrorOf("GEOSEARCH k FROMMEMBER m BYRADIUS 1 m COUNT x"),
            "ERR value is not an integer or out of range");
  EXPECT_EQ(ErrorOf("GEOSEARCH k FROMMEMBER m BYRADIUS 1 m COUNT 0"), "ERR COUNT must be > 0");
  EXPECT_EQ(ErrorOf("GEOSEARCH k FROMMEMBER m BYRADIUS 1 m ANY"),
            "ERR the ANY argument requires COUNT argument");
}

TEST(SearchRequest, TheFirstErrorCounts) {
  EXPECT_EQ(ErrorOf("GEOSEARCH k BYRADIUS x m COUNT 0 nonsense"), "ERR need numeric radius");
  EXPECT_EQ(ErrorOf("GEOSEARCH k COUNT 0 BYRADIUS x m"), "ERR COUNT must be > 0");
  EXPECT_EQ(ErrorOf("GEOSEARCH k nonsense COUNT 0"), "ERR syntax error");
  EXPECT_TRUE(Parse("GEOSEARCH k nonsense FROMMEMBER m").members.empty());
  EXPECT_EQ(ErrorOf("GEOSEARCH k BYRADIUS 1"), "ERR syntax error");
}

TEST(SearchRequest, OfGeosearchstoreHasADestination) {
  const SearchRequest request =
      Parse("GEOSEARCHSTORE d s FROMMEMBER m BYRADIUS 1 m STOREDIST", kStore);
  EXPECT_EQ(request.error, "");
  EXPECT_EQ(request.destination, "d");
  EXPECT_TRUE(request.stores_distances);
  EXPECT_EQ(ErrorOf("GEOSEARCHSTORE d s FROMMEMBER m BYRADIUS 1 m WITHDIST", kStore),
            "ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
  EXPECT_EQ(ErrorOf("GEOSEARCH k FROMMEMBER m BYRADIUS 1 m STOREDIST"), "ERR syntax error");
  EXPECT_EQ(ErrorOf("GEOSEARCH k FROMMEMBER m BYRADIUS 1 m STORE d"), "ERR syntax error");
}

TEST(SearchRequest, OfGeoradiusHasItsCenterInFront) {
  const SearchRequest request = Parse("GEORADIUS k 15 37 200 km STOREDIST a STORE b DESC", kRadius);
  EXPECT_EQ(request.error, "");
  EXPECT_EQ(request.area.center.longitude, 15);
  EXPECT_EQ(request.area.radius, 200);
  EXPECT_EQ(request.destination, "b");
  EXPECT_FALSE(request.stores_distances);
  EXPECT_EQ(ErrorOf("GEORADIUS k 15 37 1 m STORE d WITHHASH", kRadius),
            "ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD "
            "options");
  EXPECT_EQ(ErrorOf("GEORADIUS k 15 99 1 m", kRadius),
            "ERR invalid longitude,latitude pair 15.000000,99.000000");
  EXPECT_EQ(ErrorOf("GEORADIUS k 15 37 1 m FROMMEMBER m", kRadius), "ERR syntax error");
  EXPECT_EQ(ErrorOf("GEORADIUS k 15 37 1 m STORE", kRadius), "ERR syntax error");
  EXPECT_EQ(ErrorOf("GEORADIUS_RO k 15 37 1 m STORE d", {.form = Form::kRadius}),
            "ERR syntax error");
}

TEST(SearchRequest, OfGeoradiusbymemberReadsItsRadiusOnlyBesideAMember) {
  const SearchRequest request = Parse("GEORADIUSBYMEMBER k m -1 km COUNT 0", kByMember);
  EXPECT_EQ(request.members, std::vector<std::string>{"m"});
  EXPECT_EQ(request.error_of_distance, "ERR radius cannot be negative");
  EXPECT_EQ(request.error, "ERR COUNT must be > 0");
}

}  // namespace
}  // namespace cordwood::commands::geo
